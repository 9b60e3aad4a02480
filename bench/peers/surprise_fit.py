"""Fits Surprise's SVD and BaselineOnly on `user item rating` triples (float64 binary) and answers with seconds.

Only `fit` is timed: the trainset is built before, as ours is.
"""

import sys

import numpy as np
import pandas
from peer import serve, timed
from surprise import SVD, BaselineOnly, Dataset, Reader

triples = np.fromfile(sys.argv[1], dtype="<f8").reshape(-1, 3)
scale = (triples[:, 2].min(), triples[:, 2].max())
frame = pandas.DataFrame({"u": triples[:, 0].astype(int), "i": triples[:, 1].astype(int), "r": triples[:, 2]})
trainset = Dataset.load_from_df(frame, Reader(rating_scale=scale)).build_full_trainset()

serve(
    {
        "svd": lambda _: {"seconds": timed(lambda: SVD(random_state=0).fit(trainset))},
        "baseline": lambda _: {"seconds": timed(lambda: BaselineOnly(verbose=False).fit(trainset))},
    }
)
