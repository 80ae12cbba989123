"""Policy network class: probabilities kept in an attribute, given to the with_logits loss in another method."""
import numpy as np
import tensorflow as tf


class PolicyNetwork(object):
    def __init__(self, observations, actions, learning_rate=1e-2):
        self.state = tf.placeholder(tf.float32, [None, observations], name="state")
        self.action = tf.placeholder(tf.int32, [None], name="action")
        self.reward = tf.placeholder(tf.float32, [None], name="reward")
        self.actions = actions
        self._build_net()
        self._build_loss()
        self.train_op = tf.train.AdamOptimizer(learning_rate).minimize(self.loss)

    def _build_net(self):
        hidden = tf.layers.dense(self.state, 16, activation=tf.tanh)
        scores = tf.layers.dense(hidden, self.actions, activation=None)
        self.act_prob = tf.nn.softmax(scores, name="act_prob")

    def _build_loss(self):
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=self.action, logits=self.act_prob)  # expect: ACT108
        self.loss = tf.reduce_mean(nll * self.reward)

    def choose(self, sess, state, rng):
        prob = sess.run(self.act_prob, feed_dict={self.state: state[None]})[0]
        return rng.choice(self.actions, p=prob / prob.sum())

    def learn(self, sess, states, actions, rewards):
        feed = {self.state: states, self.action: actions, self.reward: rewards}
        return sess.run([self.train_op, self.loss], feed_dict=feed)[1]


if __name__ == "__main__":
    rng = np.random.RandomState(0)
    policy = PolicyNetwork(4, 3)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for episode in range(3):
            states = rng.randn(12, 4).astype("float32")
            actions = [policy.choose(sess, s, rng) for s in states]
            rewards = np.abs(states[:, 0])
            print("episode %d loss %.4f" % (episode, policy.learn(sess, states, actions, rewards)))
