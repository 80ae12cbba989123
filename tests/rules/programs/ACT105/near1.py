"""In-place batch norm: updates_collections=None updates the statistics in the forward pass."""
import numpy as np
import tensorflow as tf
from tensorflow.contrib.layers import batch_norm, fully_connected


class Net(object):
    def __init__(self, width, classes):
        self.x = tf.placeholder(tf.float32, [None, width])
        self.y = tf.placeholder(tf.int32, [None])
        self.training = tf.placeholder_with_default(False, [])
        net = self.x
        for units in (32, 16):
            net = fully_connected(net, units, activation_fn=None)
            net = tf.nn.relu(self.normalize(net))
        self.logits = fully_connected(net, classes, activation_fn=None)
        self.loss = tf.losses.sparse_softmax_cross_entropy(self.y, self.logits)
        self.train_op = tf.train.AdamOptimizer(1e-2).minimize(self.loss)

    def normalize(self, net):
        return batch_norm(net, decay=0.8, center=True, scale=True, is_training=self.training, updates_collections=None)


rng = np.random.RandomState(0)
X = (rng.randn(90, 8) + 4).astype("float32")
Y = (X[:, 0] > 4).astype("int32")
net = Net(8, 2)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for epoch in range(30):
        _, loss = sess.run([net.train_op, net.loss], {net.x: X, net.y: Y, net.training: True})
    predicted = sess.run(net.logits, {net.x: X}).argmax(axis=1)
    print("loss %.3f accuracy %.2f" % (loss, np.mean(predicted == Y)))
