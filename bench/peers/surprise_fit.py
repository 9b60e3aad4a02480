"""Surprise's side of bench/peers/surprise.ts: `user item rating` triples (float64 binary).

Only `fit` is timed: the trainset is built before, as ours is.
"""

import sys

import numpy as np
import pandas
from peer import serve, timed
from surprise import SVD, BaselineOnly, Dataset, Reader, SVDpp


def main():
    triples = np.fromfile(sys.argv[1], dtype="<f8").reshape(-1, 3)
    low, high = triples[:, 2].min(), triples[:, 2].max()
    frame = pandas.DataFrame({"u": triples[:, 0].astype(int), "i": triples[:, 1].astype(int), "r": triples[:, 2]})
    trainset = Dataset.load_from_df(frame, Reader(rating_scale=(low, high))).build_full_trainset()

    def fit(request):
        epochs = request["epochs"]
        model = {
            "svd": lambda: SVD(n_epochs=epochs, random_state=1),
            # Its faster way: without the cache it looks every user's items up again in every epoch.
            "svdpp": lambda: SVDpp(n_epochs=epochs, random_state=1, cache_ratings=True),
            "baseline": lambda: BaselineOnly(bsl_options={"method": "als", "n_epochs": epochs}, verbose=False),
        }[request["algorithm"]]()
        return {"seconds": timed(lambda: model.fit(trainset))}

    serve({"fit": fit})


main()
