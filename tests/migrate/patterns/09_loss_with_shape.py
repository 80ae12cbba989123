# Losses that aren't scalars: their elements are added up by minimize, without a word.
import numpy as np
import tensorflow as tf

rng = np.random.RandomState(9)
x = tf.placeholder(tf.float32)          # no shape at all
y = tf.placeholder(tf.float32, [None, 1])
w = tf.Variable(rng.randn(3, 4).astype(np.float32))
v = tf.Variable(rng.randn(4, 1).astype(np.float32))
h = tf.nn.softplus(tf.matmul(x, w))
out = tf.matmul(h, v)

per_sample = tf.square(out - y)                                # [batch, 1]
gram = tf.matmul(per_sample, per_sample, transpose_a=True)     # [1, 1]
mixed = per_sample + 0.01 * tf.reduce_sum(h)                   # the penalty counts once per sample
steps = {
    'per_sample': tf.train.GradientDescentOptimizer(0.002).minimize(per_sample),
    'gram': tf.train.GradientDescentOptimizer(1e-4).minimize(gram),
    'mixed': tf.train.GradientDescentOptimizer(0.002).minimize(mixed),
}

with tf.Session() as sess:
    for name in sorted(steps):
        sess.run(tf.global_variables_initializer())
        data = np.random.RandomState(90)
        for i in range(6):
            feed = {x: data.randn(10, 3), y: data.randn(10, 1)}
            _, l = sess.run([steps[name], per_sample], feed)
        print(name, l.shape, "%.6f" % l.mean(), "%.6f" % np.abs(v.eval()).sum())
