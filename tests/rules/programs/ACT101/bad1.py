"""Class-style TF1 model: a method evaluates the hidden layer and the number goes into the cost."""
import numpy as np
import tensorflow as tf


class SparseNet(object):
    def __init__(self, data, labels, hidden=16, weight=0.1):
        self.data, self.labels = data, labels
        self.weight = weight
        self.x = tf.placeholder(tf.float32, [None, data.shape[1]], name="x")
        self.y = tf.placeholder(tf.float32, [None, 1], name="y")
        self.hidden = tf.layers.dense(self.x, hidden, activation=tf.nn.sigmoid)
        self.output = tf.layers.dense(self.hidden, 1)
        self.sess = tf.Session()
        self.sess.run(tf.global_variables_initializer())
        self._build_cost()

    def feed(self):
        return {self.x: self.data, self.y: self.labels}

    def _activity(self):
        values = self.hidden.eval(session=self.sess, feed_dict=self.feed())  # expect: ACT101
        return tf.reduce_mean(tf.square(values))

    def _build_cost(self):
        error = tf.losses.mean_squared_error(self.y, self.output)
        self.cost = error + self.weight * self._activity()
        self.train_op = tf.train.GradientDescentOptimizer(0.05).minimize(self.cost)

    def fit(self, steps):
        for step in range(steps):
            _, cost = self.sess.run([self.train_op, self.cost], feed_dict=self.feed())
            if step % 20 == 0:
                print("step", step, "cost", cost)


if __name__ == "__main__":
    rng = np.random.RandomState(0)
    data = rng.randn(64, 5).astype("float32")
    SparseNet(data, data[:, :1] - data[:, 1:2]).fit(60)
