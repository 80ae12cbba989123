# One name for all layers. What the penalty reads was called `net` for two lines only.
import numpy as np
import tensorflow as tf

rng = np.random.RandomState(7)


def init(*shape):
    return tf.constant_initializer(rng.normal(0, 0.5, shape))


inputs = tf.placeholder(tf.float32, [None, 5])
labels = tf.placeholder(tf.int32, [None])

net = inputs
net = tf.layers.dense(net, 10, kernel_initializer=init(5, 10))
net = tf.nn.relu(net)
penalty = 0.01 * tf.reduce_sum(net)       # after the relu
net = tf.layers.dense(net, 7, kernel_initializer=init(10, 7))
net = tf.nn.relu(net)
penalty += 0.1 * tf.reduce_mean(tf.reduce_sum(net ** 2, 1))
net = tf.layers.dense(net, 3, kernel_initializer=init(7, 3))
loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=net)) + penalty
optimizer = tf.train.GradientDescentOptimizer(0.05).minimize(loss)
net = tf.argmax(net, axis=1)

sess = tf.InteractiveSession()
tf.global_variables_initializer().run()
for i in range(9):
    x = rng.randn(12, 5)
    y = (x[:, 0] > 0).astype(int) + (x[:, 1] > 0)
    optimizer.run({inputs: x, labels: y})
    if i % 4 == 0:
        print("%.6f %.6f" % (loss.eval({inputs: x, labels: y}), sess.run(penalty, {inputs: x})))
print(net.eval({inputs: np.eye(5)}).shape)
