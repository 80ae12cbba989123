"""ACT002 hidden-tensor-in-run."""

from __future__ import annotations

_NET = """\
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])
with tf.variable_scope("enc"):
    w = tf.get_variable("w", [4, 3])
    code = tf.nn.sigmoid(tf.matmul(x, w))
out = tf.matmul(code, tf.transpose(w))
nets = {"code": code, "out": out}
sess = tf.Session()
sess.run(tf.global_variables_initializer())
"""


def test_names_tensor_and_layer(expect):
    (finding,) = expect(
        "ACT002", _NET + "a, b = sess.run([nets['code'], nets['out']], {x: [[0.0] * 4]})  # expect: ACT002\n"
    )
    assert finding.message == "run fetches hidden tensor `code` of layer `enc`"
    (related,) = finding.related
    assert related.position.row == 6


def test_eval_of_an_attribute_filled_by_a_builder(expect):
    (finding,) = expect(
        "ACT002",
        """\
import tensorflow as tf


def fc(tensor, size, name):
    out = tf.layers.dense(tensor, size, name=name)
    out = tf.nn.relu(out)
    return out


class Net(object):
    def build(self):
        self.x = tf.placeholder(tf.float32, [None, 4])
        self.features = fc(self.x, 8, "first")
        self.out = fc(self.features, 2, "second")

    def embed(self, batch):
        return self.features.eval({self.x: batch}, session=self.sess)  # expect: ACT002


net = Net()
net.build()
net.sess = tf.Session()
net.embed([[0.0] * 4])
net.embed([[1.0] * 4])
""",
    )
    assert finding.message == "run fetches hidden tensor `self.features` of layer `first`"


def test_fed_hidden_tensor(expect):
    (finding,) = expect("ACT002", _NET + "sess.run(out, feed_dict={code: [[0.5] * 3]})  # expect: ACT002\n")
    assert finding.message == "run feeds hidden tensor `code` of layer `enc`"


def test_output_loss_and_weights_are_not_hidden(expect):
    text = """\
loss = tf.reduce_mean(tf.square(out - x)) + tf.reduce_mean(tf.abs(code))
optimizer = tf.train.GradientDescentOptimizer(0.1)
train = optimizer.apply_gradients(optimizer.compute_gradients(loss))
_, value, result, weights = sess.run([train, loss, nets["out"], w], {x: [[0.0] * 4]})
"""
    expect("ACT002", _NET + text)


def test_activation_that_feeds_no_layer_is_an_output(expect):
    text = """\
probabilities = tf.nn.softmax(out)
best = tf.argmax(probabilities, 1)
print(sess.run([probabilities, best], {x: [[0.0] * 4]}))
"""
    expect("ACT002", _NET + text)
