"""Fits implicit's AlternatingLeastSquares on a file of positives and answers with the seconds of each epoch.

The file: int32 users, items, positives, then row starts [users + 1] and items [positives]. Factors are written where the
request says (float32, users then items), so that the other side can compute both losses with one function.
"""

import sys
import time

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from peer import peak_bytes, serve
from scipy.sparse import csr_matrix

path = sys.argv[1]
users, items, positives = np.fromfile(path, dtype="<i4", count=3)
indptr = np.fromfile(path, dtype="<i4", count=users + 1, offset=12)
indices = np.fromfile(path, dtype="<i4", count=positives, offset=12 + 4 * (users + 1))
matrix = csr_matrix((np.ones(positives, dtype=np.float32), indices, indptr), shape=(users, items))


def fit(request):
    seconds, processor = [], []
    last = [0.0]

    def after_epoch(_epoch, elapsed, _loss):
        seconds.append(elapsed)
        processor.append(time.process_time() - last[0])
        last[0] = time.process_time()

    model = AlternatingLeastSquares(
        factors=request["factors"],
        regularization=request["regularization"],
        alpha=request["alpha"],
        use_cg=request["useCg"],
        iterations=request["epochs"],
        num_threads=request["threads"],
        random_state=request.get("seed", 1),
    )
    last[0] = time.process_time()
    model.fit(matrix, show_progress=False, callback=after_epoch)
    if "factorsTo" in request:
        with open(request["factorsTo"], "wb") as out:
            model.user_factors.astype("<f4", copy=False).tofile(out)
            model.item_factors.astype("<f4", copy=False).tofile(out)
    return {"seconds": seconds, "processor": processor}


serve({"fit": fit, "memory": lambda request: {**fit(request), "peakBytes": peak_bytes()}})
