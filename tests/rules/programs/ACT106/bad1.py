"""Regularizers given to get_variable through a scope; the collected losses are never read."""
import numpy as np
import tensorflow as tf


def linear(inputs, units, name):
    with tf.variable_scope(name):
        w = tf.get_variable("w", [inputs.shape[-1].value, units], initializer=tf.glorot_uniform_initializer())
        b = tf.get_variable("b", [units], initializer=tf.zeros_initializer(), regularizer=tf.no_regularizer)
        return tf.matmul(inputs, w) + b


class Regressor(object):
    def __init__(self, width, hidden, weight_decay, learning_rate):
        self.x = tf.placeholder(tf.float32, [None, width])
        self.y = tf.placeholder(tf.float32, [None])
        regularizer = tf.contrib.layers.l2_regularizer(weight_decay)
        with tf.variable_scope("regressor", regularizer=regularizer):
            net = tf.nn.elu(linear(self.x, hidden, "hidden1"))
            net = tf.nn.elu(linear(net, hidden, "hidden2"))
            self.prediction = tf.squeeze(linear(net, 1, "out"), axis=1)
        self.loss = tf.reduce_mean(tf.square(self.prediction - self.y))
        self.optimizer = tf.train.AdamOptimizer(learning_rate)
        self.train_op = self.optimizer.minimize(self.loss)  # expect: ACT106

    def fit(self, sess, x, y, epochs, batch=32):
        for epoch in range(epochs):
            order = np.random.RandomState(epoch).permutation(len(x))
            for rows in np.array_split(order, len(x) // batch):
                _, loss = sess.run([self.train_op, self.loss], feed_dict={self.x: x[rows], self.y: y[rows]})
            print("epoch %d loss %.4f" % (epoch, loss))


if __name__ == "__main__":
    data = np.random.RandomState(0).randn(128, 7).astype("float32")
    model = Regressor(7, 24, weight_decay=1e-2, learning_rate=1e-3)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        model.fit(sess, data, data.sum(axis=1), epochs=3)
