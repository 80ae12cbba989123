"""Runs the original TF1 program in graph mode, in float64, and records its runs. Usage: before_tf.py JOB."""

from __future__ import annotations

import ast
import gc
import importlib.util
import os
import sys

sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from runners import float64_tf, instrument, kernels_tf, noise, noise_tf, program, record, session_tf  # noqa: E402

sys.path.pop(0)


def import_tensorflow(widened):
    """TensorFlow in graph mode, in float64 where asked, under the name that the program imports."""
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    if widened:
        float64_tf.prepare()
    import tensorflow.compat.v1 as tf

    if widened:
        float64_tf.finish(eager=False)
    tf.disable_v2_behavior()
    tf.debugging.disable_traceback_filtering()
    tf.logging.set_verbosity(tf.logging.ERROR)
    if widened and importlib.util.find_spec("tf_keras"):
        import tf_keras

        tf_keras.backend.set_floatx("float64")
        kernels_tf.allow_fused_batch_norm()
    sys.modules["tensorflow"] = tf
    return tf


def patch_tensorflow(recorder):
    """Sessions, variable collections, gradients and optimizers report to the recorder."""
    from tensorflow.python.client import session
    from tensorflow.python.framework import ops
    from tensorflow.python.ops import gradients_util
    from tensorflow.python.training import optimizer

    recorder.original = session.BaseSession.run
    session.BaseSession.run = lambda self, *a, **k: recorder.run(self, *a, **k)
    close = session.BaseSession.close

    def closing(self):
        recorder.read_final(self)
        return close(self)

    session.BaseSession.close = closing

    add = ops.Graph.add_to_collection

    def add_to_collection(self, name, value):
        if name == ops.GraphKeys.GLOBAL_VARIABLES:
            recorder.variable_created(value)
        return add(self, name, value)

    ops.Graph.add_to_collection = add_to_collection
    _patch_gradients(recorder, gradients_util)
    _patch_optimizer(recorder, optimizer.Optimizer)


def _patch_gradients(recorder, gradients_util):
    original = gradients_util._GradientsHelper
    depth = [0]

    def differentiate(ys, xs, grad_ys):
        return original(ys, xs, grad_ys, stop_gradients=None)

    def helper(ys, xs, grad_ys=None, *arguments, **keywords):
        depth[0] += 1
        try:
            result = original(ys, xs, grad_ys, *arguments, **keywords)
        finally:
            depth[0] -= 1
        listed = [x if isinstance(x, (list, tuple)) else [x] for x in (ys, xs)]
        if depth[0] == 0 and len(result) == len(listed[1]):
            group = {
                "ys": list(listed[0]),
                "xs": list(listed[1]),
                "gradients": list(result),
                "differentiate": differentiate,
            }
            recorder.raw_groups.append(group)
        return result

    gradients_util._GradientsHelper = helper


def _patch_optimizer(recorder, optimizer):
    original = optimizer.apply_gradients

    def apply_gradients(self, grads_and_vars, *arguments, **keywords):
        pairs = list(grads_and_vars)
        recorder.optimizer_depth += 1
        try:
            result = original(self, pairs, *arguments, **keywords)
        finally:
            recorder.optimizer_depth -= 1
        op = result.op if hasattr(result, "op") else result
        recorder.applied_groups.append(
            {"op": op, "gradients": [g for g, _ in pairs], "variables": [v for _, v in pairs]}
        )
        return result

    optimizer.apply_gradients = apply_gradients


def transformer(plan):
    """Instruments the plan's spans, file by file."""
    spans = {}
    for index, item in enumerate(plan["placeholders"] + plan["probes"]):
        spans.setdefault(item["span"]["file"], []).append(("probe", index, item["span"]))
    for index, item in enumerate(plan["runs"]):
        spans.setdefault(item["span"]["file"], []).append(("run", index, item["span"]))

    def transform(file, text):
        return ast.parse(instrument.wrap_spans(text, spans.get(file, [])))

    return transform


def main():
    """Run the job."""
    job = program.read_job(sys.argv[1])
    program.isolate()
    try:
        import_tensorflow(job["precision"] == "float64")
    except ImportError as error:
        program.write_failure(job, {"missing": "tensorflow", "text": str(error)})
        return
    arrays, keyed = record.Arrays(), noise_tf.GraphNoise(noise.Noise())
    keyed.install()
    recorder = session_tf.Recorder(job["plan"], keyed, arrays, program.Clock(job["budget"]), job["limit"])
    patch_tensorflow(recorder)
    names = {instrument.PROBE: recorder.probe, instrument.ENTER: recorder.enter, instrument.EXIT: recorder.exit}
    user = program.Program(job, transformer(job["plan"]), names)
    failure = user.run()
    sys.stdout.flush()
    if failure:
        program.write_failure(job, failure)
        return
    from tensorflow.python.client import session

    for open_session in _open_sessions(session):
        recorder.read_final(open_session)
    record.save(job["results"], "before", recorder.document(), arrays)


def _open_sessions(session):
    return [s for s in gc.get_objects() if issubclass(type(s), session.BaseSession) and not s._closed]


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
