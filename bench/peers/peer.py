"""The Python side of bench/paired.ts: answers each line of JSON on stdin with one on stdout.

    from peer import serve
    serve({"fit": lambda request: {"seconds": timed(work)}})

A request is {"do": "fit", ...}. What libraries print goes to stderr, so that it cannot break the protocol.
"""

import json
import os
import resource
import sys
import time


def serve(handlers):
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(value):
        out.write(json.dumps(value) + "\n")
        out.flush()

    answer({"ready": True})
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer(handlers[request["do"]](request))
        except Exception as error:  # the other side throws it
            answer({"error": f"{type(error).__name__}: {error}"})


def timed(work):
    """Seconds by the clock, of the work alone."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def peak_bytes():
    """The most memory this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
