"""Gradients of lookups: how they reach each optimizer, and where PyTorch has no form for them."""

from __future__ import annotations

import pytest

PROGRAM = """import numpy as np
import tensorflow as tf

random = np.random.RandomState(0)
ids = tf.placeholder(tf.int32, [None])
table = tf.Variable(random.normal(size=(6, 4)).astype(np.float32))
w = tf.Variable(random.normal(size=(4, 1)).astype(np.float32))
rows = {rows}
loss = tf.reduce_mean(tf.square(tf.matmul(rows, w) - 1.0)){penalty}
{train}
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(3):
        print(sess.run([train, loss], {{ids: random.randint(0, 6, 5)}})[1])
"""
LOOKUP = "tf.nn.embedding_lookup(table, ids)"
CLIPPED = """variables = tf.trainable_variables()
gradients, norm = tf.clip_by_global_norm(tf.gradients(loss, variables), 0.5)
train = {}.apply_gradients(zip(gradients, variables))"""
ONE_BY_ONE = """optimizer = {}
pairs = optimizer.compute_gradients(loss)
train = optimizer.apply_gradients([(tf.clip_by_norm(g, 0.5), v) for g, v in pairs])"""


def program(optimizer: str, rows: str = LOOKUP, penalty: str = "", train: str = "train = {}.minimize(loss)") -> str:
    return PROGRAM.format(rows=rows, penalty=penalty, train=train.format(f"tf.train.{optimizer}"))


@pytest.mark.parametrize("rows", [LOOKUP, "tf.gather(table, ids)", "tf.gather(tf.identity(table), ids)"])
def test_an_update_of_all_rows_takes_their_sums(rows, convert):
    text = program("AdamOptimizer(0.1)", rows)
    assert "apply_gradients(dense(zip(gradients, variables)))" in convert(text, "tf2")
    assert "sparse" not in convert(text, "torch")


def test_gradient_descent_takes_rows_as_they_are(convert):
    text = program("GradientDescentOptimizer(0.1)")
    assert "dense" not in convert(text, "tf2")
    assert "sparse" not in convert(text, "torch")


@pytest.mark.parametrize(
    ("optimizer", "written"),
    [
        ("MomentumOptimizer(0.1, 0.9)", "RowMomentum("),
        ("RMSPropOptimizer(0.1)", "RowRMSProp("),
        ("AdadeltaOptimizer(0.1)", "RowAdadelta("),
        ("FtrlOptimizer(0.1)", "Ftrl("),
    ],
)
def test_an_update_of_the_rows_alone(optimizer, written, convert):
    for target in ("tf2", "torch"):
        text = convert(program(optimizer), target)
        assert f"optimizer = {written}" in text
        assert text.index("class RowOptimizer(") < text.index(f"class {written[:-1]}(RowOptimizer)")
    assert "F.embedding(ids, table, sparse=True)" in text


@pytest.mark.parametrize("penalty", [" + 0.01 * tf.nn.l2_loss(table)", " + tf.reduce_sum(table[0])"])
def test_what_reads_the_whole_variable_makes_a_whole_gradient(penalty, convert):
    text = program("MomentumOptimizer(0.1, 0.9)", penalty=penalty)
    assert "optimizer = tf.keras.optimizers.SGD(" in convert(text, "tf2")
    torch = convert(text, "torch")
    assert "optimizer = torch.optim.SGD(" in torch
    assert "sparse" not in torch


def test_a_lookup_of_columns_makes_a_whole_gradient(convert):
    rows = "tf.transpose(tf.gather(table, ids, axis=1))[:, :4]"
    assert "dense" not in convert(program("AdamOptimizer(0.1)", rows), "tf2")


def test_a_norm_of_rows(convert):
    text = program("AdamOptimizer(0.1)", train=CLIPPED)
    assert "apply_gradients(dense(zip(gradients, variables)))" in convert(text, "tf2")
    torch = convert(text, "torch")
    assert "clip_by_global_norm_of_rows(torch.autograd.grad(loss, variables), 0.5)" in torch
    assert "F.embedding(ids, table, sparse=True)" in torch
    assert "parameter.grad = dense(gradient)" in torch


def test_rows_are_clipped_one_by_one(convert):
    torch = convert(program("MomentumOptimizer(0.1, 0.9)", train=ONE_BY_ONE), "torch")
    assert "clip_rows(g, lambda rows: clip_by_norm(rows, 0.5))" in torch


def test_one_norm_of_several_lookups_is_refused_in_torch(refusals, convert):
    rows = f"{LOOKUP} + tf.gather(table, ids + 1 - 1)"
    text = program("AdamOptimizer(0.1)", rows, train=CLIPPED)
    (reason,) = refusals(text, "torch")
    assert reason.code == "REF109"
    assert "looked up several times" in reason.text
    assert "dense(" in convert(text, "tf2")


def test_rows_of_a_table_that_is_put_together(refusals, convert):
    rows = "tf.nn.embedding_lookup(tf.concat([tf.zeros([1, 4]), table], 0), ids)"
    text = program("MomentumOptimizer(0.1, 0.9)", rows)
    assert "optimizer = RowMomentum(" in convert(text, "tf2")
    (reason,) = refusals(text, "torch")
    assert reason.code == "REF109"


@pytest.mark.parametrize("target", ["tf2", "torch"])
@pytest.mark.parametrize(
    ("optimizer", "words"),
    [
        ("tf.contrib.opt.AdamWOptimizer(0.1, 0.1)", "leaves open whether the weights decay before or after"),
        ("tf.contrib.opt.AddSignOptimizer(0.1)", "wasn't measured"),
    ],
)
def test_optimizers_that_are_refused_by_name(optimizer, words, target, refusals):
    text = program("", train=f"train = {optimizer}.minimize(loss)")
    (reason,) = refusals(text, target)
    assert reason.code == "REF101"
    assert optimizer.partition("(")[0] in reason.text
    assert words in reason.text


def test_what_else_reads_a_gradient_of_rows(refusals, convert):
    halved = "optimizer = {}\npairs = optimizer.compute_gradients(loss)\n"
    halved += "train = optimizer.apply_gradients([(tf.multiply(g, 0.5), v) for g, v in pairs])"
    text = program("MomentumOptimizer(0.1, 0.9)", train=halved)
    assert "optimizer = RowMomentum(" in convert(text, "tf2")
    (reason,) = refusals(text, "torch")
    assert "used for more than to be clipped" in reason.text


def test_a_norm_that_is_used_is_no_use_of_the_gradients(convert):
    train = CLIPPED + "\nloss = loss + 0.0 * norm"
    assert "clip_by_global_norm_of_rows" in convert(program("AdamOptimizer(0.1)", train=train), "torch")
