"""Multi-label tagger, TF1 class style with properties."""
import numpy as np
import tensorflow as tf


class Tagger(object):
    def __init__(self, n_features, n_tags, hidden=32, lr=0.01):
        self.x = tf.placeholder(tf.float32, [None, n_features], name="x")
        self.tags = tf.placeholder(tf.float32, [None, n_tags], name="tags")
        self.n_tags = n_tags
        self.hidden = hidden
        self._build_network()
        self._build_loss()
        self.train_op = tf.train.AdamOptimizer(lr).minimize(self.loss)

    def _build_network(self):
        net = tf.layers.dense(self.x, self.hidden, activation=tf.nn.tanh, name="fc1")
        net = tf.layers.dense(net, self.hidden, activation=tf.nn.tanh, name="fc2")
        self.scores = tf.layers.dense(net, self.n_tags, activation=tf.nn.sigmoid, name="scores")
        self.predicted = tf.cast(self.scores > 0.5, tf.float32)

    def _build_loss(self):
        xent = tf.nn.sigmoid_cross_entropy_with_logits(labels=self.tags, logits=self.scores)  # expect: ACT108
        self.loss = tf.reduce_mean(xent)

    def fit(self, sess, x, tags, epochs=20, batch=16):
        for epoch in range(epochs):
            order = np.random.permutation(len(x))
            total = 0.0
            for start in range(0, len(x), batch):
                idx = order[start:start + batch]
                feed = {self.x: x[idx], self.tags: tags[idx]}
                _, value = sess.run([self.train_op, self.loss], feed)
                total += value
            print("epoch %d loss %.4f" % (epoch, total))


if __name__ == "__main__":
    features = np.random.randn(64, 10).astype("float32")
    targets = (np.random.rand(64, 6) > 0.7).astype("float32")
    model = Tagger(10, 6)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        model.fit(session, features, targets, epochs=3)
        print(session.run(model.predicted, {model.x: features[:2]}))
