"""Full-ranking evaluation in numpy and ranx: scores of all items by a matrix product, the seen ones out, the best by partition and
sort, then ranx's metrics at all cut-offs.

The file: int32 users, items, train, test, factors; CSR of train (row starts, items), CSR of test; float32 user and item factors.
"""

import sys

import numpy as np
import ranx
from peer import serve, timed

path = sys.argv[1]
users, items, train, test, factors = (int(n) for n in np.fromfile(path, dtype="<i4", count=5))
at = 20


def read(count, kind="<i4"):
    global at
    array = np.fromfile(path, dtype=kind, count=count, offset=at)
    at += 4 * count
    return array


train_start, train_items = read(users + 1), read(train)
test_start, test_items = read(users + 1), read(test)
user_factors = read(users * factors, "<f4").reshape(users, factors)
item_factors = read(items * factors, "<f4").reshape(items, factors)
tested = np.flatnonzero(np.diff(test_start))


def evaluate(request):
    cutoffs = request["cutoffs"]
    longest = max(cutoffs)
    names = [f"{name}@{k}" for k in cutoffs for name in ("ndcg", "recall", "precision", "map", "hit_rate", "mrr")]
    found = {}

    def work():
        lists = np.empty((len(tested), longest), dtype=np.int64)
        values = np.empty((len(tested), longest), dtype=np.float64)
        for start in range(0, len(tested), 512):
            block = tested[start : start + 512]
            scores = user_factors[block] @ item_factors.T
            for row, u in enumerate(block):
                scores[row, train_items[train_start[u] : train_start[u + 1]]] = -np.inf
            best = np.argpartition(-scores, longest, axis=1)[:, :longest]
            taken = np.take_along_axis(scores, best, axis=1)
            order = np.argsort(-taken, axis=1, kind="stable")
            lists[start : start + len(block)] = np.take_along_axis(best, order, axis=1)
            values[start : start + len(block)] = np.take_along_axis(taken, order, axis=1)
        # ranx takes arrays of the users' (document, score) pairs without building dictionaries.
        qrels = [
            np.stack([test_items[test_start[u] : test_start[u + 1]], np.ones(test_start[u + 1] - test_start[u])], axis=1)
            for u in tested
        ]
        run = np.stack([lists.astype(np.float64), values], axis=2)
        found["metrics"] = evaluate_ranx(qrels, run, names)

    seconds = timed(work)
    return {"seconds": seconds, "metrics": found["metrics"]}


def evaluate_ranx(qrels, run, names):
    from numba.typed import List

    rows = List()
    for row in qrels:
        rows.append(row)
    lists = List()
    for row in run:
        lists.append(row)
    results = ranx.evaluate(rows, lists, names)
    return {name: float(value) for name, value in results.items()}


serve({"evaluate": evaluate})
