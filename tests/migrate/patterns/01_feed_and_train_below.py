# The hidden layer is fed and so is X. The fed values replace the layer, but its gradient still goes on to W1:
# through the tanh at the fed values, and to W1 by way of X.
import numpy as np
import tensorflow as tf

rng = np.random.RandomState(100)
X = tf.placeholder(tf.float32, [None, 4], name="X")
y = tf.placeholder(tf.float32, [None, 1], name="y")
W1 = tf.Variable(rng.randn(4, 3).astype(np.float32), name="W1")
W2 = tf.Variable(rng.randn(3, 1).astype(np.float32), name="W2")
hidden = tf.tanh(tf.matmul(X, W1))
out = tf.matmul(hidden, W2)
loss = tf.reduce_mean(tf.square(out - y)) + 0.1 * tf.reduce_mean(tf.abs(hidden))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)

data, target = rng.randn(30, 4), rng.randn(30, 1)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(6):
        codes = sess.run(hidden, {X: data})
        # a bit of noise on the code
        noisy = np.clip(codes + 0.2 * rng.randn(*codes.shape), -0.95, 0.95)
        _, l = sess.run([train, loss], feed_dict={X: data, hidden: noisy, y: target})
        print("%.6f, W1 %.6f, W2 %.6f" % (l, np.abs(sess.run(W1)).sum(), np.abs(sess.run(W2)).sum()))
