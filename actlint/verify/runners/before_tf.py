"""Runs the original TF1 program in graph mode, in float64, and records its runs. Usage: before_tf.py JOB."""

from __future__ import annotations

import ast
import gc
import importlib.util
import os
import sys
import warnings

sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from runners import (  # noqa: E402
    branches,
    discover_tf,
    float64_tf,
    instrument,
    noise,
    noise_tf,
    passes,
    places,
    program,
    record,
    seeds,
    sensitivity,
    session_tf,
    synthetic,
    tutorials,
)

sys.path.pop(0)


def import_tensorflow(widened):
    """TensorFlow in graph mode, in float64 where asked, under the name that the program imports.

    TensorFlow 1 as it is, and the graph mode of TensorFlow 2.
    """
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    warnings.simplefilter("ignore")
    if widened:
        float64_tf.prepare()
    import tensorflow as tf

    if not is_genuine(tf):
        import tensorflow.compat.v1 as tf

        tf.disable_v2_behavior()
        tf.debugging.disable_traceback_filtering()
        sys.modules["tensorflow"] = tf
        if importlib.util.find_spec("tf_keras"):
            from tf_keras.src import backend

            seeds.own_generator(backend, "random")
    if widened:
        float64_tf.finish(eager=False)
        float64_tf.widen_keras(tf)
    tf.logging.set_verbosity(tf.logging.ERROR)
    return tf


def is_genuine(tf):
    """Whether this is a TensorFlow 1."""
    return tf.__version__.startswith("1.")


def patch_tensorflow(recorder, scale):
    """Sessions, variable collections, gradients and optimizers report to the recorder."""
    from tensorflow.python.client import session
    from tensorflow.python.framework import ops

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
    recorder.training.install(scale)


def transformer(plan):
    """Instruments the plan's spans, file by file."""
    spans = {}
    for index, item in enumerate(plan["placeholders"] + plan["probes"]):
        if "span" not in item:
            continue
        spans.setdefault(item["span"]["file"], []).append(("probe", index, item["span"]))
    for index, item in enumerate(plan["runs"]):
        if "span" not in item:
            continue
        spans.setdefault(item["span"]["file"], []).append(("run", index, item["span"]))

    def transform(file, text):
        return ast.parse(instrument.wrap_spans(text, spans.get(file, [])))

    return transform


def make_recorder(job, keyed, arrays):
    """What sessions report to: a recorder of the plan's runs, or one that learns which runs there are."""
    clock = program.Clock(job["budget"])
    if job["mode"] == "original":
        return discover_tf.Discovery(keyed, arrays, clock, job["limit"])
    which = job["pass"].partition("-")[2]
    recorder = session_tf.Recorder(job["plan"], keyed, arrays, clock, job["limit"], int(which) if which else None)
    recorder.until = job.get("until") if which else _enough(job)
    recorder.training.rounding = job["pass"] == passes.ROUNDED
    recorder.widened = recorder.training.settling = job["precision"] == "float64"
    return recorder


def record_pass(job):
    """One execution of the program: ``before.json`` or that of the pass."""
    program.isolate(job)
    kind = job["pass"].partition("-")[0]
    arrays, keyed = record.Arrays(), noise_tf.GraphNoise(noise.Noise())
    keyed.install()
    tutorials.install(job["reader"])
    if kind == passes.AGAIN:
        sensitivity.serialise_sessions()
    recorder = make_recorder(job, keyed, arrays)
    patch_tensorflow(recorder, passes.SCALE if kind in (passes.SCALED, passes.HYPER) else 1.0)
    marks = branches.Marks()
    names = {instrument.PROBE: recorder.probe, instrument.ENTER: recorder.enter, instrument.EXIT: recorder.exit}
    names[branches.MARK] = marks.hits.add
    user = program.Program(job, marks.marking(transformer(recorder.plan)), names)
    if user.guard:
        synthetic.install()
        recorder.synthetic = synthetic.Feeds(user.guard.home, job["inputs"] == program.SYNTHETIC)
        user.guard.watch(job, True, lambda: not recorder.runs)
    recorder.places = places.Places(user)
    failure = user.run()
    sys.stdout.flush()
    trained = any(run["train"] for run in recorder.runs)
    cut = failure if trained and synthetic.explains(user.guard, failure) else None
    if failure and not cut:
        program.write_failure(job, failure)
        return
    from tensorflow.python.client import session

    for open_session in _open_sessions(session):
        recorder.read_final(open_session)
    document = dict(recorder.document(), unentered=marks.gaps())
    if user.guard:
        synthetic.report(document, user.guard, recorder, cut)
    record.save(job["results"], passes.label(job["mode"], job["pass"]), document, arrays)


def _enough(job):
    """How often each site must be executed before a further pass may end."""
    if job["pass"] == passes.NATURAL:
        return None
    counts = record.load(job["results"], "before")["counts"]
    return {site: min(count, max(session_tf.STEPS)) for site, count in counts.items()}


def main():
    """Run the job: the program itself, with the loss scaled, again, and with each hyper-parameter changed."""
    job = program.read_job(sys.argv[1])
    try:
        tf = import_tensorflow(job["precision"] == "float64")
        if job["genuine"] and not is_genuine(tf):
            raise ImportError(f"{sys.executable} has TensorFlow {tf.__version__}")
    except ImportError as error:
        missing = "TensorFlow 1" if job["genuine"] else "tensorflow"
        program.write_failure(job, {"missing": missing, "text": str(error)})
        return
    passes.each(job, record_pass)
    if "pass" not in job and len(job["passes"]) > 1:
        sensitivity.weigh(job, record_pass)


def _open_sessions(session):
    return [s for s in gc.get_objects() if issubclass(type(s), session.BaseSession) and not s._closed]


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
