"""Two networks of one class: one learns, the other gives the targets."""
import numpy as np
import tensorflow as tf


class QNetwork(object):

    def __init__(self, n_obs, n_actions, hidden, scope):
        with tf.variable_scope(scope):
            self.obs = tf.placeholder(tf.float32, [None, n_obs], name='obs')
            hidden = tf.layers.dense(self.obs, hidden, activation=tf.nn.relu,
                                     kernel_initializer=tf.constant_initializer(0.1), name='hidden')
            self.q = tf.layers.dense(hidden, n_actions, kernel_initializer=tf.constant_initializer(0.2), name='q')
            # what to learn
            self.wanted = tf.placeholder(tf.float32, [None, n_actions], name='wanted')
            self.loss = tf.reduce_mean(tf.square(self.wanted - self.q))
            self.train_op = tf.train.AdamOptimizer(0.01).minimize(self.loss)


rng = np.random.RandomState(0)
main = QNetwork(3, 2, 5, 'main')
target = QNetwork(3, 2, 5, 'target')

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(5):
        obs = rng.randn(8, 3)
        best = sess.run(target.q, feed_dict={target.obs: rng.randn(8, 3)})
        _, loss = sess.run([main.train_op, main.loss], feed_dict={main.obs: obs, main.wanted: 0.9 * best + 1})
        print('step %d: loss %.6f' % (step, loss))
    print('q', sess.run(main.q, feed_dict={main.obs: np.ones((1, 3))}))
