"""Natural gradient step: Hessian-vector products come from the graph, the solver is numpy, the step is assigned."""
import numpy as np
import tensorflow as tf

rng = np.random.RandomState(12)
X, Y = rng.randn(40, 4), rng.randn(40, 1)

x = tf.placeholder(tf.float32, [None, 4])
y = tf.placeholder(tf.float32, [None, 1])
w = tf.Variable(rng.normal(0, .5, (4, 3)).astype(np.float32))
v = tf.Variable(rng.normal(0, .5, (3, 1)).astype(np.float32))
h = tf.tanh(tf.matmul(x, w))
loss = tf.reduce_mean(tf.square(tf.matmul(h, v) - y)) + 0.05 * tf.reduce_mean(tf.square(h))

params = [w, v]
flat = lambda ts: tf.concat([tf.reshape(t, [-1]) for t in ts], 0)
g = flat(tf.gradients(loss, params))
direction = tf.placeholder(tf.float32, [15])
hvp = flat(tf.gradients(tf.reduce_sum(g * direction), params))
theta = tf.placeholder(tf.float32, [15])
assign = [tf.assign(w, tf.reshape(theta[:12], [4, 3])), tf.assign(v, tf.reshape(theta[12:], [3, 1]))]
theta_now = flat(params)


def conjugate_gradient(product, b, n=6):
    p, r, s = b.copy(), b.copy(), np.zeros_like(b)
    rr = r.dot(r)
    for _ in range(n):
        z = product(p)
        a = rr / p.dot(z)
        s, r = s + a * p, r - a * z
        rr, old = r.dot(r), rr
        p = r + rr / old * p
    return s


with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    feed = {x: X, y: Y}
    for i in range(3):
        grad, l = sess.run([g, loss], feed)
        # damped, so that it is positive
        solve = conjugate_gradient(lambda p: sess.run(hvp, {x: X, y: Y, direction: p}) + 2.0 * p, grad.astype(np.float64))
        sess.run(assign, {theta: sess.run(theta_now) - 0.5 * solve})
        print("%.6f -> %.6f, |step| %.6f" % (l, sess.run(loss, feed), np.linalg.norm(solve)))
