"""Fits Surprise's SVD and BaselineOnly on `user item rating` triples (float64 binary) and prints seconds as JSON.

Only `fit` is timed: the trainset is built before, as ours is.
"""

import json
import sys
import time

import numpy as np
from surprise import SVD, BaselineOnly, Dataset, Reader
from surprise import __version__ as version


def main() -> None:
    path, algorithm, repeat = sys.argv[1], sys.argv[2], int(sys.argv[3])
    triples = np.fromfile(path, dtype="<f8").reshape(-1, 3)
    low, high = triples[:, 2].min(), triples[:, 2].max()
    import pandas

    frame = pandas.DataFrame({"u": triples[:, 0].astype(int), "i": triples[:, 1].astype(int), "r": triples[:, 2]})
    trainset = Dataset.load_from_df(frame, Reader(rating_scale=(low, high))).build_full_trainset()
    seconds = []
    for seed in range(repeat):
        model = SVD(random_state=seed) if algorithm == "svd" else BaselineOnly(verbose=False)
        started = time.perf_counter()
        model.fit(trainset)
        seconds.append(time.perf_counter() - started)
    print(json.dumps({"version": version, "seconds": seconds}))


main()
