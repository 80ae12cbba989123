"""Two output heads, both in the loss: neither is consumed by another layer."""
import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()


class TwoHeads(object):
    def __init__(self, width, classes):
        self.inputs = tf.placeholder(tf.float32, [None, width])
        self.labels = tf.placeholder(tf.int32, [None])
        self.values = tf.placeholder(tf.float32, [None])
        trunk = tf.layers.dense(self.inputs, 24, tf.nn.relu, name="trunk")
        self.logits = tf.layers.dense(trunk, classes, name="policy")
        self.value = tf.squeeze(tf.layers.dense(trunk, 1, name="value"), axis=1)
        self.loss = self._policy_loss() + 0.5 * self._value_loss()
        self.train_op = tf.train.GradientDescentOptimizer(0.05).minimize(self.loss)

    def _policy_loss(self):
        return tf.losses.sparse_softmax_cross_entropy(self.labels, self.logits)

    def _value_loss(self):
        return tf.reduce_mean(tf.square(self.value - self.values))


rng = np.random.RandomState(0)
net = TwoHeads(6, 3)
x = rng.randn(48, 6).astype("float32")
feed = {net.inputs: x, net.labels: rng.randint(0, 3, 48), net.values: x.sum(axis=1)}
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(20):
        _, loss = sess.run([net.train_op, net.loss], feed_dict=feed)
    print("loss", loss)
