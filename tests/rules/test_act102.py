"""ACT102 hidden-tensor-in-loss."""

from __future__ import annotations

_HEAD = """\
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])
y = tf.placeholder(tf.float32, [None, 1])
hidden = tf.layers.dense(x, 8, tf.nn.relu, name="enc")
out = tf.layers.dense(hidden, 1)
base = tf.losses.mean_squared_error(y, out)
"""
_TAIL = "\ntrain = tf.train.AdamOptimizer().minimize(loss)\n"


def test_names_tensor_layer_and_term(expect):
    (finding,) = expect(
        "ACT102",
        _HEAD + "penalty = tf.reduce_mean(tf.abs(hidden))  # expect: ACT102\nloss = base + 0.1 * penalty" + _TAIL,
    )
    assert finding.message == "loss term `penalty` reads hidden tensor `hidden` of layer `enc`"
    assert finding.start.column == 11
    assert "--to torch" in finding.help
    assert [related.position.row for related in finding.related] == [5]


def test_helper_called_for_several_tensors(expect):
    text = """\
import tensorflow as tf


def layer(tensor, size, name):
    with tf.variable_scope(name):
        w = tf.get_variable("w", [tensor.shape[-1], size])
        return tf.tanh(tf.matmul(tensor, w))


def l1(tensor, weight):
    return weight * tf.reduce_mean(tf.abs(tensor))


x = tf.placeholder(tf.float32, [None, 4])
a = layer(x, 8, "a")
b = layer(a, 8, "b")
out = layer(b, 1, "out")
loss = tf.reduce_mean(tf.square(out))
loss += l1(a, 0.1)  # expect: ACT102
loss += l1(b, 0.2)  # expect: ACT102
optimizer = tf.train.GradientDescentOptimizer(0.1)
grads, variables = zip(*optimizer.compute_gradients(loss))
clipped, norm = tf.clip_by_global_norm(grads, 1.0)
train = optimizer.apply_gradients(zip(clipped, variables))
"""
    first, second = expect("ACT102", text)
    assert first.message.endswith("hidden tensor `a` of layer `a`")
    assert second.message.endswith("hidden tensor `b` of layer `b`")


def test_list_of_penalties_filled_in_a_loop_is_one_term(expect):
    text = """\
hiddens, penalties = [hidden, tf.layers.dense(hidden, 3, name="top")], []
tf.layers.dense(hiddens[-1], 2)
for h in hiddens:
    penalties.append(tf.reduce_sum(tf.square(h)))  # expect: ACT102
loss = tf.add_n([base] + penalties)
"""
    (finding,) = expect("ACT102", _HEAD + text + _TAIL)
    assert "`hidden` of layer `enc`" in finding.message
    assert "of layer `top`" in finding.message


def test_loss_collection(expect):
    text = """\
def regularise(tensor):
    tf.losses.add_loss(0.1 * tf.reduce_mean(tf.abs(tensor)))  # expect: ACT102


regularise(hidden)
loss = tf.losses.get_total_loss()
"""
    expect("ACT102", _HEAD + text + _TAIL)


def test_term_of_an_imported_module_is_reported_there(expect):
    helper = """\
import tensorflow as tf


def total(base, tensor):
    divergence = tf.reduce_mean(tf.square(tensor))  # expect: ACT102
    return base + divergence
"""
    expect("ACT102", "from helper import total\n" + _HEAD + "loss = total(base, hidden)" + _TAIL, {"helper.py": helper})


def test_two_losses_that_share_a_term_give_one_finding(expect):
    text = """\
penalty = tf.reduce_mean(tf.abs(hidden))  # expect: ACT102
loss = base + penalty
other = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(out) + penalty)
"""
    expect("ACT102", _HEAD + text + _TAIL)


def test_losses_of_outputs_and_weights_have_none(expect):
    text = """\
decay = tf.add_n([tf.nn.l2_loss(v) for v in tf.trainable_variables()])
loss = base + 0.01 * decay + 0.001 * tf.reduce_mean(tf.abs(tf.nn.sigmoid(out)))
"""
    expect("ACT102", _HEAD + text + _TAIL)


def test_hidden_tensor_that_is_only_watched(expect):
    text = """\
activity = tf.reduce_mean(tf.abs(hidden))
tf.summary.scalar("activity", activity)
monitor = base + activity
loss = base
"""
    expect("ACT102", _HEAD + text + _TAIL)


def test_gradient_operations_make_no_output_hidden(expect):
    text = """\
optimizer = tf.train.GradientDescentOptimizer(0.1)
train = optimizer.apply_gradients(optimizer.compute_gradients(base))
"""
    expect("ACT102", _HEAD + text)
