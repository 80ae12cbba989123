"""Stand-ins for missing data: how they behave, where they come in, and proofs of programs whose data isn't there."""

from __future__ import annotations

import ast
import importlib.util
import signal
import sys
import time
import types
from pathlib import Path

import numpy as np
import pytest

from actlint.cli.programs import Reader, find
from actlint.migrate import rewrite
from actlint.verify import ProofRequest, launch, prove

sys.path.insert(0, str(launch.RUNNERS.parent))
from runners import guard, stand  # noqa: E402

sys.path.pop(0)

NEEDED = ("tensorflow", "tf_keras", "torch")
needs_frameworks = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in NEEDED), reason="needs TensorFlow and torch"
)


@pytest.fixture
def numpy_kept(monkeypatch):
    """Undoes what a guard does to numpy."""
    for name in ("array", "asarray", "asanyarray", "ascontiguousarray"):
        monkeypatch.setattr(np, name, getattr(np, name))


def data():
    return stand.Home().root("data")


def test_derivations_are_told_apart():
    mnist = data()
    first, second = mnist.train.next_batch(100), mnist.train.next_batch(100)
    images, labels = first
    assert stand.described(images) == "data.train.next_batch(100)[0]"
    assert stand.described(labels) == "data.train.next_batch(100)[1]"
    assert stand.described(second[0]) == "data.train.next_batch(100)#2[0]"
    assert stand.described((images - 0.5) * 2) == "mul(sub(data.train.next_batch(100)[0], 0.5), 2)"


def test_unpacking_gives_as_many_as_there_are_targets():
    (train_x, train_y), (test_x, test_y) = data()
    assert [stand.described(s) for s in (train_x, test_y)] == ["data[0][0]", "data[1][1]"]
    rows, columns = train_x.shape
    _, height, width, channels = test_x.shape
    assert (rows, columns) == (stand.EXAMPLES, stand.SIZE)
    assert (height, width, channels) == (stand.SIZE,) * 3


def test_numbers_are_numbers():
    assert data().train.num_examples // 100 == 10
    assert data().vocab_size == stand.SIZE
    assert len(data()[:32]) == data()[32:64].shape[0] == 32
    assert list(range(data().x))[-1] == stand.EXAMPLES - 1
    assert "%d".__mod__(data().x) == str(stand.EXAMPLES)
    assert f"{data():.3f}" == "<data>"


def test_loops_end():
    assert len(list(data())) == stand.EXAMPLES
    file, count = data(), 0
    while file.readline():
        count += 1
    assert count == stand.EXAMPLES


def test_numpy_functions_hand_on():
    x = data()
    assert stand.described(np.reshape(x, [-1, 28])) == "reshape(data, [-1, 28])"
    assert stand.described(np.vstack([x, np.zeros((1, 3))])).startswith("vstack([data, array(1, 3)")
    assert stand.described(np.exp(x)) == "exp(data)"
    assert stand.described(np.ones(3) * x) == stand.described(np.ones(3) * x)
    assert stand.described(np.ones(3) * x) != stand.described(np.zeros(3) * x)


def test_arrays_filled_from_stand_ins_are_recognised():
    rows = np.zeros((4, 3))
    assert not stand.is_blended(rows)
    rows[1] = data()
    assert stand.is_blended(rows)
    assert stand.is_blended([float(data()[0]), 1.0])
    assert stand.holds({"x": [1, data()]})


def guarded(tmp_path, source, before=lambda keeper: None):
    """The namespace of a guarded program."""
    path = tmp_path / "train.py"
    path.write_text(source)

    def relative(name):
        return Path(name).name if Path(name).parent == tmp_path else None

    keeper = guard.Guard(str(tmp_path), relative)
    tree = keeper.instrument("train.py", ast.parse(source))
    namespace = {**keeper.names(), "__actlint_probe__": lambda index, value: value}
    before(keeper)
    exec(compile(tree, str(path), "exec"), namespace)
    return namespace, keeper


@pytest.mark.usefixtures("numpy_kept")
class TestGuard:
    def test_stands_in_at_the_outermost_statement(self, tmp_path):
        source = "def read():\n    lines = open('no.txt').read()\n    return lines\n\n\nwords = read()\n"
        namespace, keeper = guarded(tmp_path, source)
        assert stand.described(namespace["words"]) == "words"
        assert [(e["label"], e["line"], e["why"]) for e in keeper.noted] == [("words", 6, "no file 'no.txt'")]

    def test_never_in_place_of_what_builds(self, tmp_path):
        source = (
            "def run():\n    x = open('no.txt')\n    y = __actlint_probe__(0, 3)\n    return x, y\n\n\nx, y = run()\n"
        )
        namespace, _ = guarded(tmp_path, source)
        assert stand.described(namespace["x"]) == "x"
        assert namespace["y"] == 3

    @pytest.mark.parametrize(
        ("name", "stopped"),
        [
            ("reader", True),
            ("tensorflow.python.framework.ops", False),
            ("tensorflow.python.client.session", False),
            ("runners.session_tf", False),
        ],
    )
    def test_slow_set_up_is_stopped_but_not_while_a_graph_is_made(self, tmp_path, monkeypatch, name, stopped):
        spinner = types.ModuleType(name)
        exec("import time\ndef spin():\n    end = time.time() + 0.3\n    while time.time() < end: pass", vars(spinner))
        monkeypatch.setitem(sys.modules, "spinner", spinner)
        job = {"results": str(tmp_path), "pass": "decisive", "budget": 0.1}
        try:
            namespace, _ = guarded(
                tmp_path,
                "import spinner\n\nwords = spinner.spin()\n",
                lambda keeper: keeper.watch(job, True, lambda: True),
            )
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        assert (namespace["words"] is not None) == stopped

    @pytest.mark.parametrize("idle", [False, True])
    def test_set_up_that_waits_for_the_processor_is_no_slow_set_up(self, tmp_path, monkeypatch, idle):
        clocks = types.SimpleNamespace(monotonic=time.monotonic, process_time=(lambda: 0.0) if idle else time.monotonic)
        monkeypatch.setattr(guard, "time", clocks)
        spinner = types.ModuleType("reader")
        exec("import time\ndef spin():\n    end = time.time() + 2.1\n    while time.time() < end: pass", vars(spinner))
        monkeypatch.setitem(sys.modules, "spinner", spinner)
        job = {"results": str(tmp_path), "pass": "decisive", "budget": 4}
        source = "import spinner\n\nwords = spinner.spin()\n"
        try:
            namespace, _ = guarded(tmp_path, source, lambda keeper: keeper.watch(job, True, lambda: True))
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        assert (namespace["words"] is None) == idle

    def test_a_class_builds_as_a_whole(self, tmp_path):
        source = """class Model:
    def __init__(self):
        self.data = open("no.txt")

    def build(self):
        return __actlint_probe__(0, 3)


model = Model()
"""
        namespace, _ = guarded(tmp_path, source)
        assert stand.described(namespace["model"].data) == "self.data"

    def test_the_users_own_handlers_come_first(self, tmp_path):
        source = "try:\n    import cPickle as pickle\nexcept ImportError:\n    import pickle\n"
        source += "try:\n    x = open('no.txt')\nexcept IOError:\n    x = 1\n"
        namespace, keeper = guarded(tmp_path, source)
        assert namespace["x"] == 1
        assert namespace["pickle"].__name__ == "pickle"
        assert keeper.noted == []

    def test_packages_and_blocks(self, tmp_path):
        source = (
            "import nowhere.there as t\nwith open('no.txt') as f:\n    a = f.read()\nfor b in t.load('x'):\n    break\n"
        )
        namespace, keeper = guarded(tmp_path, source)
        assert stand.described(namespace["a"]) == "f.read()"
        assert stand.described(namespace["b"]) == "t.load('x')[0]"
        assert keeper.noted[0]["why"] == "no module 'nowhere'"

    @pytest.mark.parametrize("module", ["tensorflow.contrib.nowhere", "torch.nowhere", "numpy.nowhere"])
    def test_no_framework_is_stood_in_for(self, tmp_path, module):
        with pytest.raises(ImportError):
            guarded(tmp_path, f"import {module}\n")

    @pytest.mark.parametrize("statement", ["x = undefined()", "x = int('a')", "x = {}['k'].lower()"])
    def test_a_bug_stays_a_bug(self, tmp_path, statement):
        with pytest.raises((NameError, ValueError, KeyError)):
            guarded(tmp_path, "import os\nd = open('no.txt')\n" + statement + "\n")


MODEL = """
x = tf.placeholder(tf.float32, [None, {width}])
y = tf.placeholder(tf.int32, [None])
hidden = tf.layers.dense(x, 6, tf.nn.tanh)
logits = tf.layers.dense(hidden, 5)
fit = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
loss = fit + 0.1 * tf.reduce_mean(tf.square(hidden))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
"""
SCRIPT = (
    "import numpy as np\nimport tensorflow as tf\n\ndata = np.load('faces.npz')\nX, Y = data['x'], data['y']\n"
    + MODEL.format(width=20)
    + """
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for start in range(0, len(X), 32):
        _, value = sess.run([train, loss], {x: X[start:start + 32], y: Y[start:start + 32]})
    print("%.3f" % value, X[:3].tolist()[0] + "")
"""
)
FUNCTION = (
    """import csv
import urllib.request

import tensorflow as tf
import pandas as pd


def fetch(url):
    path, _ = urllib.request.urlretrieve(url)
    with open(path) as f:
        return pd.DataFrame(list(csv.reader(f)))


frame = fetch("http://example.invalid/table.csv")
X, Y = frame.values[:, :-1], frame.values[:, -1]
size = X.shape[1]
"""
    + MODEL.format(width="size")
    + """
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(20):
        _, value = sess.run([train, loss], {x: X[i * 8:i * 8 + 8], y: Y[i * 8:i * 8 + 8]})
    print(sess.run(fit, {x: X, y: Y}))
"""
)
MNIST = (
    """import tensorflow as tf
from tensorflow.examples.tutorials.mnist import input_data

mnist = input_data.read_data_sets("MNIST_data/")
"""
    + MODEL.format(width=784)
    + """
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(int(mnist.train.num_examples / 50)):
        xs, ys = mnist.train.next_batch(50)
        _, value = sess.run([train, loss], {x: xs, y: ys})
    print(value)
"""
)
PROGRAMS = {"script": SCRIPT, "function": FUNCTION, "mnist": MNIST}
RIGHT = [("script", "tf2"), ("function", "torch"), ("mnist", "tf2")]
WRONG = {
    "loss weight": ("0.1 * tf", "0.101 * tf"),
    "swapped feeds": ("train_step(xs, ys)", "train_step(ys, xs)"),
    "stale feed": ("    xs, ys = mnist", "    if i == 0: xs, ys = mnist"),
}


def proved(tmp_path, monkeypatch, source, target, change=None, inputs="auto"):
    """The proof of a program's rewrite, damaged where asked."""
    monkeypatch.setattr(launch, "PASSES", {mode: ("natural",) for mode in launch.PASSES})
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new):
        folder.mkdir()
        (folder / "train.py").write_text(source)
    entry = old / "train.py"
    rewritten = rewrite(find([entry], {entry}, Reader()).groups[0].programs[0], target)
    files = {**rewritten.files, **rewritten.new_files}
    assert change is None or any(change[0] in text for text in files.values())
    for path, text in files.items():
        (new / path.relative_to(old)).write_text(text.replace(*change) if change else text)
    return prove(ProofRequest(old, new, "train.py", target, rewritten.spec, python=sys.executable, inputs=inputs))


@needs_frameworks
@pytest.mark.parametrize(("program", "target"), RIGHT)
def test_right_rewrite_is_proved(tmp_path, monkeypatch, program, target):
    proof = proved(tmp_path, monkeypatch, PROGRAMS[program], target)
    assert proof.reasons == []
    assert proof.verdict == "proved"
    said = "\n".join(proof.not_exercised)
    stood_in = {"script": "no file 'faces.npz'", "function": "no module 'pandas'", "mnist": "no network"}
    assert f"is stood in for: {stood_in[program]}" in said
    assert "are synthetic: class indices below 5" in said


@needs_frameworks
@pytest.mark.parametrize("damage", list(WRONG))
def test_wrong_rewrite_differs(tmp_path, monkeypatch, damage):
    assert proved(tmp_path, monkeypatch, MNIST, "tf2", WRONG[damage]).verdict == "differs"


@needs_frameworks
def test_replay_alone_needs_the_data(tmp_path, monkeypatch):
    proof = proved(tmp_path, monkeypatch, SCRIPT, "tf2", inputs="replay")
    assert proof.verdict == "not run"
    assert "faces.npz" in proof.reasons[0]["text"]


@needs_frameworks
def test_no_weights_are_made_of_missing_data(tmp_path, monkeypatch):
    source = SCRIPT.replace("hidden = ", "bias = tf.Variable(data['bias'], dtype=tf.float32)\nhidden = bias + ")
    proof = proved(tmp_path, monkeypatch, source, "tf2")
    assert proof.verdict == "not run"
    assert "is stood in for" in proof.reasons[0]["text"]


REAL = SCRIPT.replace(
    "np.load('faces.npz')", "{'x': np.random.normal(size=(96, 20)).astype('float32'), 'y': np.arange(96) % 5}"
).replace(' + "")', ")")


@needs_frameworks
@pytest.mark.parametrize(("change", "verdict"), [(None, "proved"), (("X[start:start + 32]", "X[:32]"), "differs")])
def test_values_are_made_up_on_demand(tmp_path, monkeypatch, change, verdict):
    proof = proved(tmp_path, monkeypatch, REAL, "tf2", change, inputs="synthetic")
    assert proof.verdict == verdict
    assert any("are synthetic: N(0, 1), shape (32, 20)" in sentence for sentence in proof.not_exercised)
