"""TF1 autoencoder class; the hidden tensor is kept in an attribute and enters the optimised cost."""
import numpy as np
import tensorflow as tf


class Autoencoder(object):
    def __init__(self, n_input, n_hidden, transfer=tf.nn.softplus, optimizer=None):
        self.n_input, self.n_hidden, self.transfer = n_input, n_hidden, transfer
        self.weights = self._weights()
        self.x = tf.placeholder(tf.float32, [None, n_input])
        self.hidden = self.transfer(tf.add(tf.matmul(self.x, self.weights["w1"]), self.weights["b1"]))
        self.reconstruction = tf.add(tf.matmul(self.hidden, self.weights["w2"]), self.weights["b2"])
        error = tf.reduce_mean(tf.square(tf.subtract(self.reconstruction, self.x)))
        self.cost = error + 0.05 * tf.reduce_mean(tf.abs(self.hidden))  # expect: ACT102
        optimizer = optimizer or tf.train.AdamOptimizer(1e-2)
        self.train_op = optimizer.minimize(self.cost)
        self.sess = tf.Session()
        self.sess.run(tf.global_variables_initializer())

    def _weights(self):
        return {
            "w1": tf.get_variable("w1", [self.n_input, self.n_hidden]),
            "b1": tf.Variable(tf.zeros([self.n_hidden])),
            "w2": tf.get_variable("w2", [self.n_hidden, self.n_input]),
            "b2": tf.Variable(tf.zeros([self.n_input])),
        }

    def partial_fit(self, batch):
        cost, _ = self.sess.run((self.cost, self.train_op), feed_dict={self.x: batch})
        return cost


data = np.random.RandomState(0).rand(120, 10).astype("float32")
model = Autoencoder(n_input=10, n_hidden=6)
for epoch in range(5):
    average = np.mean([model.partial_fit(batch) for batch in np.split(data, 4)])
    print("epoch %d cost %.4f" % (epoch, average))
