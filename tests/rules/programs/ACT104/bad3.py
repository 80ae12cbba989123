import os

import numpy as np
import tensorflow.compat.v1 as tf1

tf1.disable_eager_execution()


class LanguageModelTrainer:
    """Small word-level MLP language model, learning rate halved after bad epochs."""

    def __init__(self, vocab, context=4, dim=32, ckpt_dir="/tmp/lm_ckpt"):
        self.ckpt_dir = ckpt_dir
        self.tokens = tf1.placeholder(tf1.int32, [None, context], "tokens")
        self.target = tf1.placeholder(tf1.int32, [None], "target")
        self.lr = tf1.get_variable("lr", initializer=0.5, trainable=False)
        table = tf1.get_variable("table", [vocab, dim])
        flat = tf1.reshape(tf1.nn.embedding_lookup(table, self.tokens), [-1, context * dim])
        w = tf1.get_variable("w", [context * dim, vocab])
        b = tf1.get_variable("b", [vocab], initializer=tf1.zeros_initializer())
        logits = tf1.matmul(flat, w) + b
        xent = tf1.nn.sparse_softmax_cross_entropy_with_logits(labels=self.target, logits=logits)
        self.loss = tf1.reduce_mean(xent)
        self.train_op = tf1.train.GradientDescentOptimizer(self.lr).minimize(self.loss)
        self.init_op = tf1.global_variables_initializer()

    def _epoch(self, sess, X, Y, size=64):
        costs = []
        for i in range(0, len(X), size):
            feed = {self.tokens: X[i:i + size], self.target: Y[i:i + size]}
            _, cost = sess.run([self.train_op, self.loss], feed)
            costs.append(cost)
        return float(np.mean(costs))

    def fit(self, train, valid, epochs=20):
        os.makedirs(self.ckpt_dir, exist_ok=True)
        best, rate, epoch = np.inf, 0.5, 0
        with tf1.Session() as sess:
            sess.run(self.init_op)
            while epoch < epochs:
                train_cost = self._epoch(sess, *train)
                valid_cost = sess.run(self.loss, {self.tokens: valid[0], self.target: valid[1]})
                if valid_cost < best:
                    best = valid_cost
                    saver = tf1.train.Saver(max_to_keep=1)  # expect: ACT104
                    saver.save(sess, os.path.join(self.ckpt_dir, "model"), global_step=epoch)
                else:
                    rate *= 0.5
                    sess.run(tf1.assign(self.lr, rate))  # expect: ACT104
                print("%2d  train %.3f  valid %.3f  lr %.4f" % (epoch, train_cost, valid_cost, rate))
                epoch += 1
        return best


if __name__ == "__main__":
    rng = np.random.RandomState(0)
    X = rng.randint(0, 50, size=(640, 4))
    Y = X[:, -1]
    LanguageModelTrainer(vocab=50).fit((X[:512], Y[:512]), (X[512:], Y[512:]))
