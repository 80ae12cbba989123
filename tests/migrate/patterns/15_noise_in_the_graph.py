# Noise is drawn by the graph: at every run again, once within a run. Only what doesn't depend on it is printed.
import numpy as np
import tensorflow as tf

rng = np.random.RandomState(15)
x = tf.placeholder(tf.float32, [None, 5])
keep = tf.placeholder(tf.float32)
w = tf.Variable(rng.randn(5, 4).astype(np.float32))
v = tf.Variable(rng.randn(4, 5).astype(np.float32))
z = tf.random_uniform([tf.shape(x)[0], 5], -1., 1.)
hidden = tf.nn.dropout(tf.nn.sigmoid(tf.matmul(x + 0.1 * z, w)), keep)
loss = tf.reduce_mean(tf.square(tf.matmul(hidden, v) - x)) + 0.01 * tf.reduce_mean(tf.abs(hidden))
step = tf.train.AdamOptimizer(0.01).minimize(loss)

data = rng.rand(30, 5)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    losses = [sess.run([step, loss], {x: data, keep: 0.8})[1] for i in range(60)]
    a, b, noise = sess.run([hidden, hidden, z], {x: data, keep: 0.5})
    c = sess.run(hidden, {x: data, keep: 0.5})
    print("the same in one run: %s, in the next: %s" % (np.array_equal(a, b), np.array_equal(a, c)))
    print("noise in [-1, 1): %s %s" % (noise.shape, noise.min() >= -1 and noise.max() < 1))
    print("better: %s" % (np.mean(losses[-10:]) < np.mean(losses[:10])))
    fixed = sess.run(tf.reduce_mean(hidden), {z: np.zeros((30, 5)), w: np.ones((5, 4)), x: data, keep: 1.0})
    print("without noise %.6f" % fixed)
