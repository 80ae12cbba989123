"""Runs many sides of proofs, one forked process each, after one import of the framework.

Usage: server.py JOB, where JOB's file holds ``{"target", "mode", "jobs": [path, ...], "limit"}``.
"""

from __future__ import annotations

import os
import signal
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
PATHS = sys.path[1:]
sys.path[:] = [os.path.join(ROOT, "actlint", "verify")] * 4 + PATHS

from runners import after_tf2, after_torch, before_tf, program  # noqa: E402

sys.path[:] = PATHS


def prepare(target, mode):
    """Import the framework as the runner would; answers the runner, for which it then is imported."""
    if mode == "before":
        graph_mode = before_tf.import_tensorflow(True)
        before_tf.import_tensorflow = lambda widened: graph_mode
        return before_tf
    if target == "torch":
        import torch  # noqa: F401
        import torch._dynamo  # noqa: F401

        return after_torch
    tf = after_tf2.import_tensorflow(mode == "decisive")
    import keras  # noqa: F401

    after_tf2.import_tensorflow = lambda widened: tf
    return after_tf2


def replay(runner, path, limit):
    """Run one job in a forked process; a job that takes longer than the limit is ended."""
    child = os.fork()
    if not child:
        output = os.open(os.path.join(os.path.dirname(path), "output"), os.O_WRONLY | os.O_CREAT)
        os.dup2(output, 1)
        os.dup2(output, 2)
        sys.argv = [sys.argv[0], path]
        status = 1
        try:
            runner.main()
            status = 0
        finally:
            sys.stdout.flush()
            os._exit(status)
    end = time.time() + limit
    while time.time() < end:
        if os.waitpid(child, os.WNOHANG)[0]:
            return
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def main():
    """Run the batch."""
    batch = program.read_job(sys.argv[1])
    runner = prepare(batch["target"], batch["mode"])
    for path in batch["jobs"]:
        replay(runner, path, batch["limit"])


if __name__ == "__main__":
    main()
