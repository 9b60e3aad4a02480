"""scikit-learn's randomized_svd of a sparse matrix of ones, timed; answers with the singular values, too.

The file: int32 users, items, positives, then row starts [users + 1] and items [positives].
"""

import sys

import numpy as np
from peer import serve, timed
from scipy.sparse import csr_matrix
from sklearn.utils.extmath import randomized_svd

path = sys.argv[1]
users, items, positives = np.fromfile(path, dtype="<i4", count=3)
indptr = np.fromfile(path, dtype="<i4", count=users + 1, offset=12)
indices = np.fromfile(path, dtype="<i4", count=positives, offset=12 + 4 * (users + 1))
matrix = csr_matrix((np.full(positives, 5, dtype=np.float32), indices, indptr), shape=(users, items))


def fit(request):
    found = {}

    def work():
        found["svd"] = randomized_svd(
            matrix,
            n_components=request["factors"],
            n_oversamples=request["oversampling"],
            n_iter=request["iterations"],
            random_state=request.get("seed", 1),
        )

    seconds = timed(work)
    return {"seconds": seconds, "singularValues": [float(value) for value in found["svd"][1]]}


serve({"fit": fit})
