"""Text classifier with dropout; logs the embedding norm of every step."""
import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_eager_execution()


class BagOfWords:
    def __init__(self, vocab, dim, classes):
        self.ids = tf.placeholder(tf.int32, [None, 12])
        self.labels = tf.placeholder(tf.int64, [None])
        self.keep_prob = tf.placeholder_with_default(1.0, [])
        table = tf.get_variable("table", [vocab, dim])
        pooled = tf.reduce_mean(tf.nn.embedding_lookup(table, self.ids), axis=1)
        self.pooled = tf.nn.dropout(pooled, keep_prob=self.keep_prob)
        kernel = tf.get_variable("kernel", [dim, classes])
        self.logits = tf.matmul(self.pooled, kernel)
        xent = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=self.labels, logits=self.logits)
        self.cost = tf.reduce_mean(xent) + 0.01 * tf.reduce_mean(tf.square(self.pooled))
        optimizer = tf.train.AdamOptimizer(1e-2)
        grads, params = zip(*optimizer.compute_gradients(self.cost))
        clipped, _ = tf.clip_by_global_norm(grads, 5.0)
        self.update = optimizer.apply_gradients(zip(clipped, params))


def batches(ids, labels, size):
    order = np.random.permutation(len(ids))
    for start in range(0, len(ids), size):
        picked = order[start:start + size]
        yield ids[picked], labels[picked]


def run_training(epochs=3):
    ids = np.random.randint(0, 50, (96, 12))
    labels = np.random.randint(0, 4, 96)
    net = BagOfWords(50, 16, 4)
    log = []
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for epoch in range(epochs):
            for bx, by in batches(ids, labels, 32):
                sess.run(net.update, feed_dict={net.ids: bx, net.labels: by, net.keep_prob: 0.5})
                cost, pooled = sess.run(  # expect: ACT103
                    [net.cost, net.pooled],
                    feed_dict={net.ids: bx, net.labels: by, net.keep_prob: 0.5},
                )
                log.append((cost, np.linalg.norm(pooled, axis=1).mean()))
            print("epoch", epoch, "cost %.3f norm %.3f" % log[-1])


if __name__ == "__main__":
    run_training()
