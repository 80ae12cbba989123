"""Gradients written down by hand, applied with tf.assign; hidden layer kept sparse the same way."""
import numpy as np
import tensorflow as tf

rng = np.random.RandomState(10)
a0 = tf.placeholder(tf.float32, [None, 6])
y = tf.placeholder(tf.float32, [None, 3])
w1 = tf.Variable(rng.normal(0, .5, [6, 8]).astype(np.float32))
b1 = tf.Variable(np.zeros([1, 8], np.float32))
w2 = tf.Variable(rng.normal(0, .5, [8, 3]).astype(np.float32))
b2 = tf.Variable(np.zeros([1, 3], np.float32))


def sigma(x):
    return tf.div(tf.constant(1.0), tf.add(tf.constant(1.0), tf.exp(tf.negative(x))))


def sigmaprime(x):
    return tf.multiply(sigma(x), tf.subtract(tf.constant(1.0), sigma(x)))


z1 = tf.add(tf.matmul(a0, w1), b1)
a1 = sigma(z1)
z2 = tf.add(tf.matmul(a1, w2), b2)
a2 = sigma(z2)
diff = tf.subtract(a2, y)

d_z2 = tf.multiply(diff, sigmaprime(z2))
d_w2 = tf.matmul(tf.transpose(a1), d_z2)
d_a1 = tf.matmul(d_z2, tf.transpose(w2)) + 0.01
d_z1 = tf.multiply(d_a1, sigmaprime(z1))
d_w1 = tf.matmul(tf.transpose(a0), d_z1)

eta = tf.constant(0.1)
means = [d_w1, tf.reduce_mean(d_z1, axis=[0], keepdims=True), d_w2, tf.reduce_mean(d_z2, axis=[0], keepdims=True)]
# all gradients have to be there before the first weight moves
with tf.control_dependencies(means):
    step = [tf.assign_sub(var, tf.multiply(eta, g)) for var, g in zip([w1, b1, w2, b2], means)]

sess = tf.InteractiveSession()
sess.run(tf.global_variables_initializer())
for i in range(10):
    x = rng.rand(10, 6)
    t = np.eye(3)[np.argmax(x[:, :3], 1)]
    sess.run(step, feed_dict={a0: x, y: t})
    if i % 3 == 0:
        print("%d %.6f %.6f" % (i, np.abs(sess.run(diff, {a0: x, y: t})).mean(), np.mean(sess.run(a1, {a0: x}))))
