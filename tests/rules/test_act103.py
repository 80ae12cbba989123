"""ACT103 split-fetch."""

from __future__ import annotations

import pytest

_HEAD = """\
import numpy as np
import tensorflow as tf

data = np.zeros([16, 4], np.float32)
x = tf.placeholder(tf.float32, [None, 4])
keep = tf.placeholder_with_default(1.0, [])
hidden = tf.nn.dropout(tf.layers.dense(x, 8, tf.nn.relu), keep_prob=keep)
out = tf.layers.dense(hidden, 4)
loss = tf.reduce_mean(tf.square(out - x))
accuracy = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(out, 1), tf.argmax(x, 1)), tf.float32))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
sess = tf.InteractiveSession()
sess.run(tf.global_variables_initializer())
"""


def test_hidden_tensor_after_the_step(expect):
    text = """\
feed = {x: data, keep: 0.5}
sess.run(train, feed)
value = sess.run(hidden, feed)  # expect: ACT103
"""
    (finding,) = expect("ACT103", _HEAD + text)
    assert "`hidden`" in finding.message
    assert "after the weights moved and with other random draws" in finding.message
    assert [related.position.row for related in finding.related] == [15]


def test_methods_of_operations_in_a_loop(expect):
    text = """\
for start in range(0, 16, 4):
    train.run(feed_dict={x: np.asarray(data[start:start + 4]).reshape(-1, 4)})
    print(loss.eval(feed_dict={x: np.asarray(data[start:start+4]).reshape(-1, 4)}))  # expect: ACT103
"""
    expect("ACT103", _HEAD + text)


def test_dict_of_fetches_in_a_function(expect):
    text = """\
def train_batch(batch):
    sess.run(fetches=[train], feed_dict={x: batch})
    return sess.run(fetches={"loss": loss, "hidden": hidden}, feed_dict={x: batch})  # expect: ACT103


for _ in range(3):
    print(train_batch(data)["loss"])
"""
    expect("ACT103", _HEAD + text)


def test_fetch_before_the_step_matters_where_random_numbers_are_drawn(expect):
    text = "value = sess.run(hidden, {x: data})  # expect: ACT103\nsess.run(train, {x: data})\n"
    (finding,) = expect("ACT103", _HEAD + text)
    assert "after the weights moved" not in finding.message
    plain = _HEAD.replace("tf.nn.dropout(tf.layers.dense(x, 8, tf.nn.relu), keep_prob=keep)", "tf.layers.dense(x, 8)")
    expect("ACT103", plain + text.replace("  # expect: ACT103", ""))


def test_without_a_feed(expect):
    text = """\
import tensorflow as tf

x = tf.constant([[1.0, 2.0]])
loss = tf.reduce_mean(tf.square(tf.layers.dense(x, 3)))
train = tf.group(tf.train.AdamOptimizer().minimize(loss))
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(9):
        sess.run(train)
        print(sess.run(loss))  # expect: ACT103
"""
    expect("ACT103", text)


@pytest.mark.parametrize(
    "second",
    [
        "sess.run(hidden, {x: data, keep: 1.0})",
        "sess.run(loss, {x: data[:8], keep: 0.5})",
        "sess.run(train, {x: data, keep: 0.5})",
        "sess.run(accuracy, {x: data, keep: 0.5})",
        "sess.run(tf.trainable_variables(), {x: data, keep: 0.5})",
        "step % 5 == 0 and print(step)",
    ],
    ids=["evaluation", "other batch", "second step", "not of the step", "weights", "no run"],
)
def test_other_runs_beside_the_step(second, expect):
    text = f"for step in range(9):\n    sess.run(train, {{x: data, keep: 0.5}})\n    print({second})\n"
    expect("ACT103", _HEAD + text)


def test_every_few_steps_under_a_condition(expect):
    text = """\
for step in range(9):
    sess.run(train, {x: data})
    if step % 3 == 0:
        print(sess.run(loss, {x: data}))
print(sess.run(loss, {x: data}))
"""
    expect("ACT103", _HEAD + text)


def test_names_bound_again_in_between(expect):
    text = """\
for _ in range(9):
    batch = data[:4]
    sess.run(train, {x: batch})
    batch = data[4:]
    print(sess.run(loss, {x: batch}))
"""
    expect("ACT103", _HEAD + text)


def test_feed_changed_in_between(expect):
    text = """\
feed = {x: data, keep: 0.5}
sess.run(train, feed)
feed[keep] = 1.0
print(sess.run(hidden, feed))
"""
    expect("ACT103", _HEAD + text)


def test_feeds_that_draw_the_next_batch(expect):
    text = """\
from batches import next_batch

sess.run(train, {x: next_batch(8)})
print(sess.run(loss, {x: next_batch(8)}))
sess.run(train, {x: np.random.randn(8, 4)})
print(sess.run(loss, {x: np.random.randn(8, 4)}))
"""
    expect("ACT103", _HEAD + text)


def test_players_that_take_turns(expect):
    text = """\
critic = tf.layers.dense(out, 1, name="critic")
critic_loss = tf.reduce_mean(critic)
own = [v for v in tf.trainable_variables() if "critic" in v.name]
play = tf.train.GradientDescentOptimizer(0.1).minimize(critic_loss, var_list=own)
_, a = sess.run([train, loss], {x: data})
_, b = sess.run([play, critic_loss], {x: data})
"""
    expect("ACT103", _HEAD + text)
