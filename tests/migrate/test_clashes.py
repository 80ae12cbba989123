"""Rewrites whose names could meet the user's, and forms that once came out wrong."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from actlint.migrate import Refused
from actlint.migrate.names import Names, camel, snake

from .conftest import undefined_names
from .update import TARGETS

cst = pytest.importorskip("libcst")

Convert = Callable[..., str]
both = pytest.mark.parametrize("target", TARGETS)

DATA = """import sys
import numpy as np
import tensorflow as tf

rng = np.random.RandomState(0)
data = rng.normal(size=(8, 2)).astype(np.float32)
x = tf.placeholder(tf.float32, [None, 2])
w = tf.Variable(data[:2, :1])
"""
TRAIN = """
loss = tf.reduce_mean(tf.square(out - 1.0))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
"""
RUN = """
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(3):
        _, value = sess.run([train, loss], {x: data})
        print(value)
"""


def converted(convert: Convert, text: str, target: str) -> str | None:
    """The rewrite, or None where the program is refused, which is right too."""
    try:
        return convert(text, target)
    except Refused:
        return None


def assert_names_are_defined(text: str | None) -> None:
    if text is not None:
        ast.parse(text)
        assert undefined_names(text) == set()


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("loss", "loss_2"),
        ("x", "x_3"),
        ("free", "free"),
        ("class", "_class"),
        ("9", "_9"),
        ("a b", "a_b"),
        ("", "value"),
    ],
)
def test_fresh_names(wanted: str, found: str) -> None:
    names = Names([cst.parse_module("loss = x = x_2 = 1\nself.free = f(free_too=1)\n")])
    assert names.fresh(wanted) == found
    assert names.fresh(wanted) != found


def test_a_released_name_is_free_again() -> None:
    names = Names([cst.parse_module("loss = 1\n")])
    names.release("loss")
    assert names.fresh("loss") == "loss"


@pytest.mark.parametrize(
    ("function", "name", "instance"),
    [
        ("build_model", "Model", "model"),
        ("teacher_net", "TeacherNet", "teacher_net"),
        ("getCentreLoss", "CentreLoss", "centre_loss"),
        ("gaussian_MLP_encoder", "GaussianMLPEncoder", "gaussian_mlp_encoder"),
        ("make", "Make", "make"),
        ("_", "Model", "model"),
    ],
)
def test_class_and_instance_names(function: str, name: str, instance: str) -> None:
    assert camel(function) == name
    assert snake(name) == instance


@pytest.mark.parametrize("name", ["F", "nn", "adam", "captured", "hooks", "model", "optimizer", "to_numpy", "loss_2"])
@both
def test_a_name_of_the_user_keeps_its_value(convert: Convert, target: str, name: str) -> None:
    text = convert(
        f"""import numpy as np
import tensorflow as tf

{name} = 2
x = tf.placeholder(tf.float32, [None, {name}])
h = tf.layers.dense(x, 3, tf.nn.elu)
out = tf.layers.dense(h, 1)
loss = tf.reduce_mean(out) + tf.reduce_sum(tf.abs(h)) / {name}
train = tf.train.AdamOptimizer(0.01).minimize(loss)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    _, value = sess.run([train, loss], {{x: np.ones((4, 2))}})
print({name}, value)
""",
        target,
    )
    tree = ast.parse(text)
    stored = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store)]
    defined = [n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.ClassDef)) and n.name == name]
    imported = [
        alias.asname or alias.name
        for n in ast.walk(tree)
        if isinstance(n, (ast.Import, ast.ImportFrom))
        for alias in n.names
    ]
    assert [node.col_offset for node in stored if not node.col_offset] == [0]
    assert defined == []
    assert name not in imported
    assert undefined_names(text) == set()


@pytest.mark.parametrize(
    "text",
    [
        DATA + "torch = 1.0\nout = tf.matmul(x, w) * torch\n" + TRAIN + RUN,
        DATA
        + "def f(t):\n    torch = tf.nn.elu(t)\n    return tf.nn.relu(torch)\n\nout = f(tf.matmul(x, w))\n"
        + TRAIN
        + RUN,
    ],
    ids=["module", "local"],
)
def test_a_name_of_the_user_may_be_torch(convert: Convert, text: str) -> None:
    found = converted(convert, text, "torch")
    if found is not None:
        assigned = [
            n.id for n in ast.walk(ast.parse(found)) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        ]
        assert "torch" not in assigned


@both
def test_a_feed_that_changes(convert: Convert, target: str) -> None:
    run = """
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    feed = {x: data}
    sess.run(train, feed)
    feed[x] = data[:4]
    print(sess.run(loss, feed))
"""
    text = converted(convert, DATA + "out = tf.matmul(x, w)\n" + TRAIN + run, target)
    assert text is None or "data[:4]" in text


@both
def test_a_closure_two_calls_deep(convert: Convert, target: str) -> None:
    functions = """out = tf.matmul(x, w)


def penalty(strength):
    return strength * tf.reduce_sum(tf.abs(out))


def total(prediction):
    return tf.reduce_mean(tf.square(prediction - 1.0)) + penalty(0.1)


loss = total(out)
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
"""
    text = converted(convert, DATA + functions + RUN, target)
    assert text is None or "def total(prediction, out):" in text


@both
def test_a_weight_whose_shape_is_read_inline(convert: Convert, target: str) -> None:
    builder = """

def dense(inputs, size):
    kernel = tf.Variable(np.ones((int(inputs.shape[1]), size), np.float32))
    return tf.matmul(inputs, kernel)


out = dense(x, 1)
"""
    assert_names_are_defined(converted(convert, DATA + builder + TRAIN + RUN, target))


@both
def test_a_branch_that_is_not_known(convert: Convert, target: str) -> None:
    branch = """
if len(sys.argv) > 1:
    loss = loss + tf.reduce_sum(tf.abs(w))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
"""
    text = DATA + "out = tf.matmul(x, w)\n" + TRAIN + branch + RUN
    assert_names_are_defined(converted(convert, text, target))


@both
def test_a_branch_that_is_not_taken(convert: Convert, target: str) -> None:
    branch = """out = tf.matmul(x, w)
squared = True
if squared:
    loss = tf.reduce_sum(tf.square(out))
else:
    loss = tf.reduce_sum(tf.log(out))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
"""
    text = converted(convert, DATA + branch + RUN, target)
    assert text is None or "tf.log" not in text


@both
def test_a_draw_happens_once(convert: Convert, target: str) -> None:
    text = converted(convert, DATA + "out = tf.matmul(x + rng.normal(size=2), w)\n" + TRAIN + RUN, target)
    steps = [] if text is None else [n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef)]
    assert not any("rng" in ast.unparse(step) for step in steps)


@both
def test_printing_a_tensor_is_not_dropped_silently(migrate: Callable, target: str) -> None:
    text = DATA + "out = tf.matmul(x, w)\n" + TRAIN + "print('network', out.shape)\n" + RUN
    try:
        made = migrate(text, target)
    except Refused:
        return
    (found,) = made.files.values()
    assert "print('network'" in found or made.notes


FOLDERS = """
if tf.gfile.Exists("logs"):
    tf.gfile.DeleteRecursively("logs")
"""


def test_modules_of_the_standard_library_are_imported_once(convert: Convert) -> None:
    text = convert("import os\n" + DATA + FOLDERS + "out = tf.matmul(x, w)" + TRAIN + RUN, "torch")
    assert text.count("import os") == text.count("import shutil") == 1
    assert_names_are_defined(text)


def test_a_module_whose_name_is_taken_is_refused(convert: Convert) -> None:
    text = "shutil = 3\n" + DATA + FOLDERS + "out = tf.matmul(x, w)" + TRAIN + RUN
    with pytest.raises(Refused, match="the name shutil is used for something else"):
        convert(text, "torch")
    assert "shutil = 3" in convert(text, "tf2")


@pytest.mark.parametrize("call", ["Rename", "Copy"])
def test_a_file_that_would_be_replaced_is_refused(convert: Convert, call: str) -> None:
    text = DATA + "out = tf.matmul(x, w)" + TRAIN + RUN + f'tf.gfile.{call}("a", "b"'
    with pytest.raises(Refused, match="would replace a file that is there already"):
        convert(text + ")\n", "torch")
    assert '("a", "b")' in convert(text + ", overwrite=True)\n", "torch")


@both
def test_a_feed_maker_that_computes_with_its_tensor_is_refused(convert: Convert, target: str) -> None:
    maker = "def feed(t):\n    return {t: data[:, :t.shape[1]]}\n"
    text = DATA + maker + "out = tf.matmul(x, w)" + TRAIN + RUN.replace("{x: data}", "feed(x)")
    with pytest.raises(Refused):
        convert(text, target)
    plain = text.replace("[:, :t.shape[1]]", "")
    assert "feed()" in convert(plain, target)
