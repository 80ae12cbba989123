"""Deep network with a kurtosis penalty on every hidden layer."""
import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()


def excess_kurtosis(values):
    centred = values - values.mean(axis=0)
    second = (centred ** 2).mean(axis=0) + 1e-6
    fourth = (centred ** 4).mean(axis=0)
    return np.float32(np.mean((fourth / second ** 2 - 3.0) ** 2))


class Regressor:
    def __init__(self, sizes, weight=1e-3):
        self.x = tf.placeholder(tf.float32, [None, sizes[0]])
        self.y = tf.placeholder(tf.float32, [None, 1])
        self.weight = weight
        self.hidden = []
        net = self.x
        for index, (rows, cols) in enumerate(zip(sizes[:-1], sizes[1:])):
            with tf.variable_scope("layer%d" % index):
                net = tf.tanh(tf.matmul(net, tf.get_variable("w", [rows, cols])))
            self.hidden.append(net)
        self.output = tf.matmul(net, tf.get_variable("w_out", [sizes[-1], 1]))

    def kurtosis_terms(self):
        return [tf.numpy_function(excess_kurtosis, [h], tf.float32) for h in self.hidden]  # expect: ACT116

    def loss(self):
        mse = tf.reduce_mean(tf.squared_difference(self.output, self.y))
        extra = tf.add_n([tf.reshape(term, []) for term in self.kurtosis_terms()])
        return mse + self.weight * extra


def main():
    rng = np.random.RandomState(0)
    x = rng.randn(128, 6).astype("float32")
    y = np.sin(x.sum(axis=1, keepdims=True))
    model = Regressor([6, 32, 16])
    cost = model.loss()
    train = tf.train.RMSPropOptimizer(1e-3).minimize(cost)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for step in range(30):
            _, value = sess.run([train, cost], {model.x: x, model.y: y})
        print("cost %.4f" % value)


if __name__ == "__main__":
    main()
