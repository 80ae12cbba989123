# What the loop does next depends on what the runs have returned.
import numpy as np
import tensorflow as tf


class Data(object):
    def __init__(self, n):
        rng = np.random.RandomState(18)
        self.x = rng.randn(n, 3)
        self.y = self.x.dot([[1.], [-2.], [0.5]]) + 0.3 * rng.randn(n, 1)
        self.pos = self.epochs_completed = 0

    def next_batch(self, n):
        if self.pos + n > len(self.x):
            self.pos = 0
            self.epochs_completed += 1
        rows = slice(self.pos, self.pos + n)
        self.pos += n
        return self.x[rows], self.y[rows]


x = tf.placeholder(tf.float32, [None, 3])
y = tf.placeholder(tf.float32, [None, 1])
w = tf.Variable(tf.fill([3, 2], 0.3))
v = tf.Variable(tf.constant([[0.5], [-0.5]]))
h = tf.nn.tanh(tf.matmul(x, w))
error = tf.reduce_mean(tf.square(tf.matmul(h, v) - y))
loss = error + 0.01 * tf.reduce_sum(tf.square(h))
lr = tf.placeholder(tf.float32, shape=[])
train = tf.train.GradientDescentOptimizer(lr).minimize(loss)

train_set, valid = Data(40), Data(16)
best, best_w, patience, rate = np.inf, None, 2, 0.4
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    epoch = 0
    while patience > 0 and epoch < 30:
        while train_set.epochs_completed == epoch:
            bx, by = train_set.next_batch(8)
            sess.run(train, {x: bx, y: by, lr: rate})
        epoch = train_set.epochs_completed
        err = sess.run(error, {x: valid.x, y: valid.y})
        if err < best - 1e-3:
            best, best_w = err, sess.run([w, v])
        else:
            patience -= 1
            rate /= 2
            print("epoch %d: %.6f is no better, rate %.4f" % (epoch, err, rate))
    w.load(best_w[0], sess)
    v.load(best_w[1], sess)
    print("stopped after %d, best %.6f, now %.6f" % (epoch, best, error.eval({x: valid.x, y: valid.y})))
