"""Language-model style trainer: the learning rate is assigned with a fresh op at the start of every epoch."""
import numpy as np
import tensorflow as tf


class Model(object):
    def __init__(self, width, hidden):
        self.inputs = tf.placeholder(tf.float32, [None, width])
        self.targets = tf.placeholder(tf.float32, [None, 1])
        self.lr = tf.Variable(0.0, trainable=False, name="lr")
        h = tf.layers.dense(self.inputs, hidden, activation=tf.tanh)
        self.cost = tf.losses.mean_squared_error(self.targets, tf.layers.dense(h, 1))
        variables = tf.trainable_variables()
        grads, _ = tf.clip_by_global_norm(tf.gradients(self.cost, variables), 5.0)
        self.train_op = tf.train.GradientDescentOptimizer(self.lr).apply_gradients(zip(grads, variables))


def run_epoch(session, model, data, wanted, batch=16):
    costs = []
    for i in range(0, len(data), batch):
        feed = {model.inputs: data[i : i + batch], model.targets: wanted[i : i + batch]}
        cost, _ = session.run([model.cost, model.train_op], feed)
        costs.append(cost)
    return np.mean(costs)


def main():
    rng = np.random.RandomState(0)
    data = rng.randn(64, 5).astype("float32")
    model = Model(5, 16)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for epoch in range(6):
            decay = 0.5 ** max(epoch - 3, 0)
            session.run(tf.assign(model.lr, 0.1 * decay))  # expect: ACT104
            print("epoch %d cost %.4f" % (epoch, run_epoch(session, model, data, data[:, :1])))


if __name__ == "__main__":
    main()
