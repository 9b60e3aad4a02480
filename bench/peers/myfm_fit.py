"""Fits myFM's regressor on `user item rating` triples (float64 binary) and answers with the seconds of each sweep.

The two one-hot columns of a rating as one sparse row: plain Bayesian matrix factorisation, as myFM's documentation has it.
"""

import sys
import time

import myfm
import numpy as np
from peer import serve
from scipy.sparse import csr_matrix

triples = np.fromfile(sys.argv[1], dtype="<f8").reshape(-1, 3)
users, items = (int(triples[:, column].max()) + 1 for column in (0, 1))
count = len(triples)
columns = np.stack([triples[:, 0], users + triples[:, 1]], axis=1).astype(np.int32).ravel()
design = csr_matrix((np.ones(2 * count), columns, np.arange(0, 2 * count + 1, 2)), shape=(count, users + items))


def error(request):
    """RMSE of predictions for `held` (a file of triples), averaged over the sweeps after `burnIn`, cut to the scale."""
    held = np.fromfile(request["held"], dtype="<f8").reshape(-1, 3)
    columns = np.stack([held[:, 0], users + held[:, 1]], axis=1).astype(np.int32).ravel()
    rows = csr_matrix((np.ones(len(columns)), columns, np.arange(0, len(columns) + 1, 2)), shape=(len(held), users + items))
    trained = np.fromfile(request["train"], dtype="<i4")
    model = myfm.MyFMRegressor(rank=request["factors"], random_seed=1)
    model.fit(
        design[trained],
        triples[trained, 2],
        n_iter=request["sweeps"],
        n_kept_samples=request["sweeps"] - request["burnIn"],
        group_shapes=[users, items],
    )
    predicted = np.clip(model.predict(rows), triples[:, 2].min(), triples[:, 2].max())
    return {"rmse": float(np.sqrt(np.mean((predicted - held[:, 2]) ** 2)))}


def fit(request):
    moments = []

    def swept(*_):
        moments.append(time.perf_counter())
        return False, ""

    model = myfm.MyFMRegressor(rank=request["factors"], random_seed=1)
    model.fit(
        design,
        triples[:, 2],
        n_iter=request["sweeps"],
        n_kept_samples=1,
        group_shapes=[users, items],
        callback=swept,
    )
    return {"seconds": np.diff(moments).tolist()}


serve({"fit": fit, "error": error})
