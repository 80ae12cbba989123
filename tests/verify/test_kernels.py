"""Operations without float64 kernels compute in float64 what their own kernels do in float32."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from actlint.verify import launch

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("tensorflow", "tf_keras")), reason="needs TensorFlow"
)

PROGRAM = """
import sys
sys.path.insert(0, {folder!r})
from runners.before_tf import import_tensorflow
tf = import_tensorflow({widened})
import numpy as np
x = tf.constant(np.random.RandomState(0).rand(3, 5, 6, 4).astype("float32"))
normal = tf.layers.batch_normalization(x, training=True, momentum=0.9)
local = tf.nn.lrn(normal, 2, bias=1.0, alpha=0.3, beta=0.7)
outputs = [normal, local, tf.nn.leaky_relu(normal, 0.3)]
for size, options in (([9, 4], {{}}), ([9, 4], {{"align_corners": True}}), ([3, 11], {{"half_pixel_centers": True}})):
    outputs.append(tf.image.resize_bilinear(local, size, **options))
total = sum(tf.reduce_sum(tf.sin(3.0 * output)) for output in outputs)
outputs += tf.gradients(total, [x] + tf.trainable_variables())
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    values = session.run(outputs)
    session.run(tf.get_collection(tf.GraphKeys.UPDATE_OPS))
    np.savez({target!r}, *values, *session.run(tf.global_variables()))
"""


SLOPE = """
import sys
sys.path.insert(0, {folder!r})
from runners.before_tf import import_tensorflow
tf = import_tensorflow(True)
x = tf.constant([-1.0, 0.0, 3.0])
y = tf.nn.leaky_relu(x)
with tf.Session() as session:
    values, gradient = session.run([y, tf.gradients(y, x)[0]])
assert values.tolist() == [-0.2, 0.0, 3.0], values
assert gradient.tolist() == [0.2, 0.2, 1.0], gradient
"""


TOP = """
import sys
sys.path.insert(0, {folder!r})
from runners.before_tf import import_tensorflow
tf = import_tensorflow({widened})
import numpy as np
x = tf.placeholder(tf.float32, [None, 4])
rows = [[1, 3, 2, 0], [1, 1, 1, 0], [0, float("nan"), 1, 2], [0, 1, float("inf"), 2], [0, 1, 2, 3], [5, 1, 2, 3]]
targets = [1, 3, 3, 3, 4, 3]
answers = [tf.nn.in_top_k(x, tf.constant(targets, dtype), k) for dtype in (tf.int32, tf.int64) for k in (1, 2, 4)]
assert all(answer.op.type == {kind!r} and answer.shape.as_list() == [6] for answer in answers), answers
with tf.Session() as session:
    values = [answer.tolist() for answer in session.run(answers, {{x: rows}})]
assert values == 2 * [
    [True, False, False, False, False, False],
    [True, False, False, False, False, True],
    [True, True, False, False, False, True],
], values
"""


@pytest.mark.parametrize(("widened", "kind"), [(False, "InTopKV2"), (True, "LogicalAnd")])
def test_top_predictions(tmp_path: Path, widened: bool, kind: str) -> None:
    program = TOP.format(folder=str(Path(launch.__file__).parent), widened=widened, kind=kind)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_slope_is_not_rounded(tmp_path: Path) -> None:
    program = SLOPE.format(folder=str(Path(launch.__file__).parent))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_kernels(tmp_path):
    np = pytest.importorskip("numpy")
    folder = str(Path(launch.__file__).parent)
    processes = []
    for widened in (False, True):
        program = PROGRAM.format(folder=folder, widened=widened, target=str(tmp_path / f"{widened}.npz"))
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
        processes.append(subprocess.Popen([sys.executable, "-c", program], env=environment, cwd=tmp_path))
    assert [process.wait() for process in processes] == [0, 0]
    single, double = np.load(tmp_path / "False.npz"), np.load(tmp_path / "True.npz")
    for name in single:
        assert double[name].dtype == np.float64
        scale = max(float(np.abs(single[name]).max()), 1e-3)
        assert float(np.abs(single[name] - double[name]).max()) < 5e-6 * scale, name
