"""implicit's batch recommend over factors that the other side made: the ten best unseen items of every user.

The file: int32 users, items, positives, factors, then row starts [users + 1], items [positives], float32 user factors, item
factors. Answers with seconds, and with the lists where the request says a file.
"""

import sys

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from peer import serve, timed
from scipy.sparse import csr_matrix

path = sys.argv[1]
users, items, positives, factors = np.fromfile(path, dtype="<i4", count=4)
at = 16
indptr = np.fromfile(path, dtype="<i4", count=users + 1, offset=at)
at += 4 * (users + 1)
indices = np.fromfile(path, dtype="<i4", count=positives, offset=at)
at += 4 * positives
seen = csr_matrix((np.ones(positives, dtype=np.float32), indices, indptr), shape=(users, items))
model = AlternatingLeastSquares(factors=int(factors), num_threads=2)
model.user_factors = np.fromfile(path, dtype="<f4", count=users * factors, offset=at).reshape(users, factors)
at += 4 * users * factors
model.item_factors = np.fromfile(path, dtype="<f4", count=items * factors, offset=at).reshape(items, factors)


def recommend(request):
    model.num_threads = request["threads"]
    everyone = np.arange(users)
    found = {}

    def work():
        found["ids"], found["scores"] = model.recommend(everyone, seen, N=request["n"], filter_already_liked_items=True)

    seconds = timed(work)
    if "listsTo" in request:
        with open(request["listsTo"], "wb") as out:
            found["ids"].astype("<i4").tofile(out)
            found["scores"].astype("<f4").tofile(out)
    return {"seconds": seconds}


serve({"recommend": recommend})
