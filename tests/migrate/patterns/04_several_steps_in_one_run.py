"""The same network several times, each with another optimizer; all of them are trained by one run."""
import numpy as np
import tensorflow as tf

LR = 0.05
optimizers = [tf.train.GradientDescentOptimizer(LR), tf.train.MomentumOptimizer(LR, 0.8),
              tf.train.RMSPropOptimizer(LR, decay=0.9), tf.train.AdamOptimizer(LR)]
names = ["sgd", "momentum", "rmsprop", "adam"]
rng = np.random.RandomState(2)
x = np.linspace(-1, 1, 60)[:, np.newaxis]
y = x ** 2 + 0.1 * rng.normal(size=x.shape)
w1, w2 = rng.normal(size=(1, 8)), rng.normal(size=(8, 1))

xs = tf.placeholder(tf.float32, [None, 1])
ys = tf.placeholder(tf.float32, [None, 1])


def net(optimizer):
    hidden = tf.layers.dense(xs, 8, tf.nn.relu, kernel_initializer=tf.constant_initializer(w1))
    out = tf.layers.dense(hidden, 1, kernel_initializer=tf.constant_initializer(w2))
    loss = tf.reduce_mean(tf.square(out - ys)) + 0.001 * tf.reduce_sum(tf.square(hidden))
    return loss, optimizer.minimize(loss)


nets = [net(opt) for opt in optimizers]
losses = [n[0] for n in nets]
steps = [n[1] for n in nets]

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(10):
        rows = rng.randint(60, size=20)
        _, found = sess.run([steps, losses], feed_dict={xs: x[rows], ys: y[rows]})
        if i % 3 == 0:
            print(" ".join("%s %.6f" % pair for pair in zip(names, found)))
