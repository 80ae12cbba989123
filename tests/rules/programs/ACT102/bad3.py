"""Sparse autoencoder for tabular sensor windows (TF1 graph mode)."""
import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()


class SparseAutoencoder(object):
    def __init__(self, n_features, code_size=16, beta=1e-3, lr=1e-3):
        self.n_features = n_features
        self.code_size = code_size
        self.beta = beta
        self.inputs = tf.placeholder(tf.float32, [None, n_features], name="inputs")
        self._build_network()
        self._build_objective(lr)

    def _build_network(self):
        with tf.variable_scope("encoder"):
            wide = tf.layers.dense(self.inputs, 64, activation=tf.nn.elu, name="wide")
            self.code = tf.layers.dense(wide, self.code_size, activation=tf.nn.tanh, name="code")
        with tf.variable_scope("decoder"):
            up = tf.layers.dense(self.code, 64, activation=tf.nn.elu, name="up")
            self.recon = tf.layers.dense(up, self.n_features, name="recon")

    def _build_objective(self, lr):
        self.mse = tf.losses.mean_squared_error(self.inputs, self.recon)
        self.loss = self.mse + self.beta * tf.reduce_mean(tf.abs(self.code))  # expect: ACT102
        opt = tf.train.AdamOptimizer(lr)
        grads, tvars = zip(*opt.compute_gradients(self.loss))
        clipped, self.grad_norm = tf.clip_by_global_norm(grads, 5.0)
        self.train_op = opt.apply_gradients(list(zip(clipped, tvars)))


def batches(data, size):
    order = np.random.permutation(len(data))
    for start in range(0, len(data) - size + 1, size):
        yield data[order[start:start + size]]


def main():
    data = np.random.RandomState(0).randn(512, 24).astype("float32")
    ae = SparseAutoencoder(n_features=24)
    init = tf.global_variables_initializer()
    with tf.Session() as sess:
        sess.run(init)
        for epoch in range(5):
            total = 0.0
            for xb in batches(data, 64):
                _, value = sess.run([ae.train_op, ae.loss], feed_dict={ae.inputs: xb})
                total += value
            print("epoch %d  loss %.4f" % (epoch, total / 8))


if __name__ == "__main__":
    main()
