"""Inverts the gramian of a file of positives: numpy.linalg.inv, or LAPACK's potrf and potri through scipy.

The file: int32 users, items, positives, then row starts [users + 1] and items [positives]. The gramian is made once and
copied before the clock starts. Each answer has the seconds and the first entries of the inverse's diagonal.
"""

import sys

import numpy as np
from peer import serve, timed
from scipy.linalg import get_lapack_funcs
from scipy.sparse import csr_matrix

path, ridge = sys.argv[1], float(sys.argv[2])
users, items, positives = np.fromfile(path, dtype="<i4", count=3)
indptr = np.fromfile(path, dtype="<i4", count=users + 1, offset=12)
indices = np.fromfile(path, dtype="<i4", count=positives, offset=12 + 4 * (users + 1))
matrix = csr_matrix((np.ones(positives, dtype=np.float32), indices, indptr), shape=(users, items))
gramian = (matrix.T @ matrix).toarray()
gramian[np.diag_indices(items)] += ridge


def invert(request):
    given = np.asfortranarray(gramian.astype(request["dtype"]))
    inverse = None

    def numpy_inverse():
        nonlocal inverse
        inverse = np.linalg.inv(given)

    def cholesky():
        nonlocal inverse
        potrf, potri = get_lapack_funcs(("potrf", "potri"), (given,))
        factor, info = potrf(given, lower=1, overwrite_a=1)
        assert info == 0
        inverse, info = potri(factor, lower=1, overwrite_c=1)
        assert info == 0

    seconds = timed(numpy_inverse if request["with"] == "inv" else cholesky)
    return {"seconds": seconds, "diagonal": np.diag(inverse)[:1000].astype(float).tolist()}


serve({"invert": invert})
