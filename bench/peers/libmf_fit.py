"""LIBMF's side of bench/peers/libmf.ts: `user item rating` float32 triples of training and held-out ratings.

Only the fit is timed. The wrapper copies the triples once (float32 to float32); that is in its time. What pip compiles has
neither SSE nor AVX: LIBMF_OBJ may name a better build (from the package's own src_cpp:
g++ -O3 -march=native -DUSEAVX -fPIC -shared -pthread libmf_interface.cpp mf.cpp -o libmf.so).
"""

import contextlib
import sys

import numpy as np
from peer import serve, timed

# It prints where it lies, which is not an answer.
with contextlib.redirect_stdout(sys.stderr):
    from libmf import mf


def load(path):
    return np.fromfile(path, dtype="<f4").reshape(-1, 3)


def main():
    train, held = load(sys.argv[1]), load(sys.argv[2])
    low, high = float(train[:, 2].min()), float(train[:, 2].max())

    def fit(request):
        penalty = request["lambda"]
        engine = mf.MF(
            k=request["factors"],
            nr_iters=request["epochs"],
            nr_threads=request["threads"],
            nr_bins=max(26, 2 * request["threads"] + 1),
            lambda_p1=0.0,
            lambda_p2=penalty,
            lambda_q1=0.0,
            lambda_q2=penalty,
            eta=request["eta"],
            quiet=True,
        )
        seconds = timed(lambda: engine.fit(train))
        # Its own `predict` mixes rows and columns up; unknown rows are NaN.
        p, q = engine.p_factors(), engine.q_factors()
        scores = np.einsum("nk,nk->n", p[held[:, 0].astype(int)], q[held[:, 1].astype(int)])
        predicted = np.clip(np.where(np.isnan(scores), engine.model.b, scores), low, high)
        return {"seconds": seconds, "rmse": float(np.sqrt(np.mean((predicted - held[:, 2]) ** 2)))}

    serve({"fit": fit})


main()
