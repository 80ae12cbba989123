"""Sparse autoencoder on random patches, TF1 graph mode."""
import numpy as np
import tensorflow.compat.v1 as tf1

tf1.disable_v2_behavior()
tf1.set_random_seed(1)


class SparseAutoencoder(object):
    def __init__(self, sess, n_input, n_code, weight=0.05):
        self.sess = sess
        self.weight = weight
        self.x = tf1.placeholder(tf1.float32, [None, n_input], name="x")
        self.w_enc = tf1.get_variable("w_enc", [n_input, n_code])
        self.b_enc = tf1.get_variable("b_enc", [n_code], initializer=tf1.zeros_initializer())
        self.w_dec = tf1.get_variable("w_dec", [n_code, n_input])
        self.code = tf1.nn.relu(tf1.matmul(self.x, self.w_enc) + self.b_enc)
        self.recon = tf1.matmul(self.code, self.w_dec)
        self.sess.run(tf1.global_variables_initializer())

    def measure_code(self, batch):
        self.code_now = self.code.eval(feed_dict={self.x: batch}, session=self.sess)  # expect: ACT101

    def build_cost(self):
        mse = tf1.reduce_mean(tf1.square(self.x - self.recon))
        per_unit = tf1.reduce_mean(tf1.abs(self.code_now), axis=0)
        return mse + self.weight * tf1.reduce_mean(per_unit)

    def build_train_op(self, lr):
        self.cost = self.build_cost()
        grads = tf1.train.GradientDescentOptimizer(lr)
        self.train_op = grads.minimize(self.cost, var_list=tf1.trainable_variables())


def main():
    patches = np.random.RandomState(0).rand(256, 16).astype("float32")
    with tf1.Session() as sess:
        model = SparseAutoencoder(sess, 16, 32)
        model.measure_code(patches[:64])
        model.build_train_op(0.1)
        for epoch in range(5):
            for start in range(0, len(patches), 64):
                feed = {model.x: patches[start:start + 64]}
                _, cost = sess.run([model.train_op, model.cost], feed_dict=feed)
            print("epoch %d cost %.4f" % (epoch, cost))


if __name__ == "__main__":
    main()
