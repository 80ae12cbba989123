"""An agent that owns two networks of one class, and reads both in its loss."""
import numpy as np
import tensorflow as tf


class Net:
    def __init__(self, sizes, scope, trainable=True):
        self.scope = scope
        with tf.variable_scope(scope):
            self.state = tf.placeholder(tf.float32, [None, sizes[0]], name='state')
            w = tf.get_variable('w', [sizes[0], sizes[1]], initializer=tf.constant_initializer(0.3))
            b = tf.get_variable('b', [sizes[1]], initializer=tf.constant_initializer(0.1))
            h = tf.nn.tanh(tf.matmul(self.state, w) + b)
            v = tf.get_variable('v', [sizes[1], sizes[2]], initializer=tf.constant_initializer(0.2))
            self.q = tf.matmul(h, v)

    def predict(self, sess, state):
        return sess.run(self.q, feed_dict={self.state: state})


class Agent:
    def __init__(self, sizes, gamma=0.9):
        self.eval_net = Net(sizes, 'eval')
        self.target_net = Net(sizes, 'target')
        self.reward = tf.placeholder(tf.float32, [None])
        self.action = tf.placeholder(tf.int32, [None])
        wanted = self.reward + gamma * tf.reduce_max(self.target_net.q, axis=1)
        chosen = tf.reduce_sum(self.eval_net.q * tf.one_hot(self.action, sizes[2]), axis=1)
        self.loss = tf.reduce_mean(tf.square(tf.stop_gradient(wanted) - chosen))
        self.train_op = tf.train.GradientDescentOptimizer(0.05).minimize(self.loss)
        self.sess = tf.Session()
        self.sess.run(tf.global_variables_initializer())

    def act(self, state):
        return np.argmax(self.eval_net.predict(self.sess, state[None]))

    def learn(self, s, a, r, s2):
        _, loss = self.sess.run([self.train_op, self.loss], feed_dict={
            self.eval_net.state: s, self.target_net.state: s2, self.action: a, self.reward: r})
        return loss

    def values(self, s):
        return self.target_net.predict(self.sess, s)


rng = np.random.RandomState(0)
agent = Agent([3, 4, 2])
for step in range(4):
    s, s2 = rng.randn(6, 3), rng.randn(6, 3)
    print(step, agent.act(s[0]), '%.6f' % agent.learn(s, rng.randint(2, size=6), rng.rand(6), s2))
print(agent.values(np.ones((1, 3))))
