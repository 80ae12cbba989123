"""Ports made by hand: right ones are proved without a map, damaged ones are not, open ones say what is open."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest

from actlint.verify.byhand import returned_names, target_of, verify_port
from actlint.verify.mapfile import MapError, render

PORTS = Path(__file__).parent / "ports"
NEEDED = ("tensorflow", "tf_keras", "torch")
framework = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in NEEDED), reason="needs TensorFlow and torch"
)


def port_of(name, target, folder, *edits):
    """Verify a port, with texts of its files replaced."""
    shutil.copytree(PORTS / name / target, folder / target)
    for file, old, new in edits:
        path = folder / target / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
    return verify_port(PORTS / name / "before" / "train.py", folder / target / "train.py")


def said(port):
    return [reason["text"] for reason in port.proof.reasons]


@framework
@pytest.mark.parametrize(("name", "target"), [("regressor", "tf2"), ("regressor", "torch"), ("autoencoder", "torch")])
def test_right_ports_are_proved_without_a_map(name, target, tmp_path):
    port = port_of(name, target, tmp_path)
    assert (port.proof.verdict, said(port)) == ("proved", [])
    quantities = {row.quantity for row in port.proof.comparisons}
    assert quantities >= {"fetch", "feed", "gradient", "variable", "initial value"}


@framework
@pytest.mark.parametrize(
    ("name", "target", "file", "old", "new"),
    [
        ("regressor", "torch", "train.py", "1e-8 / (1 - group", "1e-7 / (1 - group"),
        ("regressor", "tf2", "network.py", "return fit, penalty", "return penalty, penalty"),
        ("autoencoder", "torch", "train.py", ".permute(0, 2, 3, 1).reshape", ".reshape"),
        ("autoencoder", "torch", "train.py", "self.steps // 3", "(self.steps + 1) // 3"),
        ("autoencoder", "torch", "train.py", "nn.init.zeros_(layer.bias)", "nn.init.ones_(layer.bias)"),
    ],
)
def test_wrong_lines_are_noticed(name, target, file, old, new, tmp_path):
    assert port_of(name, target, tmp_path, (file, old, new)).proof.verdict == "differs"


@framework
def test_names_against_the_order_of_returned_values_are_a_question(tmp_path):
    port = port_of("regressor", "tf2", tmp_path, ("network.py", "return fit, penalty", "return penalty, fit"))
    assert port.proof.verdict == "inconclusive"
    assert said(port) == ["model.py:33: 'self.fit' could be any of the values 0, 1 that Regressor.train_step returns"]


@framework
def test_a_step_that_is_no_function_is_named_by_its_line(tmp_path):
    script = (PORTS / "regressor" / "torch" / "train.py").read_text(encoding="utf-8")
    at = script.index("    def step(")
    end = script.index("    @torch.no_grad()")
    inline = "\n".join("            " + line[8:] for line in script[at:end].splitlines()[1:-2] if line.strip())
    inline = inline.replace("self.", "trainer.").replace("x)", "torch.from_numpy(X[at : at + 20]))")
    inline = inline.replace("out - y", "out - torch.from_numpy(Y[at : at + 20])")
    inline += "\n            fit, penalty = fit.item(), penalty.item()"
    call = next(line for line in script.splitlines() if "trainer.step(" in line)
    text = (script[:at] + script[end:]).replace(call, inline)
    (tmp_path / "train.py").write_text(text, encoding="utf-8")
    port = verify_port(PORTS / "regressor" / "before" / "train.py", tmp_path / "train.py")
    line = 1 + next(n for n, row in enumerate(text.splitlines()) if "optimizer.step()" in row)
    assert port.proof.verdict == "inconclusive"
    assert f"it trains in a loop in 'main', at train.py:{line}; put that step into a function" in said(port)[0]


@framework
def test_a_map_settles_what_is_inferred_wrongly_and_its_names_are_checked(tmp_path):
    before, after = PORTS / "regressor" / "before" / "train.py", PORTS / "regressor" / "tf2" / "train.py"
    file = tmp_path / "map.toml"
    file.write_text('[[site]]\nbefore = "model.py:1"\nafter = "Regressor.train_step"\n', encoding="utf-8")
    with pytest.raises(MapError, match="no run at 'model.py:1'; it makes runs at 'model.py:33', 'model.py:37'"):
        verify_port(before, after, file)
    file.write_text(
        '[weights]\n"Variable_2:0" = {path = "main.model.kernels[1]", layout = "T"}\n'
        '[[site]]\nbefore = "model.py:37"\nafter = false\n',
        encoding="utf-8",
    )
    port = verify_port(before, after, file)
    assert port.proof.verdict == "differs"
    assert "model.py:37 has no counterpart in the rewrite, as the map says" in port.proof.not_exercised
    assert 'layout = "T"' in render(port.map)


def test_the_framework_is_that_of_the_port_and_its_modules(tmp_path):
    (tmp_path / "net.py").write_text("from torch import nn\n", encoding="utf-8")
    entry = tmp_path / "train.py"
    entry.write_text("import net\n", encoding="utf-8")
    assert target_of(entry) == "torch"
    entry.write_text("import tensorflow as tf\n", encoding="utf-8")
    assert target_of(entry) == "tf2"


def test_returned_expressions_are_named_by_what_they_are_about(tmp_path):
    entry = tmp_path / "train.py"
    entry.write_text(
        "class A:\n    def f(self):\n        return loss.item(), float(acc.numpy()), self.out\n", encoding="utf-8"
    )
    assert returned_names(entry) == {"A.f": [["loss", "acc", "self.out"]]}


SIGNED = """import numpy as np
import tensorflow as tf

w = tf.Variable(tf.keras.initializers.GlorotUniform()([3, 1], dtype=tf.float32), name="w")
optimizer = tf.keras.optimizers.SGD(learning_rate=0.1)


@tf.function(input_signature=[tf.TensorSpec((None, 3), tf.float32)])
def train_step(x):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(tf.matmul(x, w)))
    optimizer.apply_gradients(zip(tape.gradient(loss, [w]), [w]))
    return loss


for step in range(3):
    print(train_step(np.ones((4, 3))).numpy(), train_step(x=np.ones((4, 3))).numpy())
"""
GRAPH = """import numpy as np
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 3])
w = tf.get_variable("w", [3, 1])
loss = tf.reduce_mean(tf.square(tf.matmul(x, w)))
step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for turn in range(3):
        values = [sess.run([step, loss], {x: np.ones((4, 3))})[1] for place in range(2)]
        print(*values)
"""


@framework
def test_arrays_are_what_input_signatures_say(tmp_path):
    (tmp_path / "before.py").write_text(GRAPH)
    (tmp_path / "after.py").write_text(SIGNED)
    port = verify_port(tmp_path / "before.py", tmp_path / "after.py")
    assert (port.proof.verdict, said(port)) == ("proved", [])
