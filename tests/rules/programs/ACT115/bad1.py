import argparse

import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.compat.v1 import layers

tf.disable_v2_behavior()

parser = argparse.ArgumentParser()
parser.add_argument("--drop", type=float, default=0.4)
parser.add_argument("--widths", type=int, nargs="+", default=[256, 128])
parser.add_argument("--steps", type=int, default=200)


def block(net, units, drop):
    """dense -> relu -> dropout"""
    net = layers.dense(net, units, activation=tf.nn.relu)
    return layers.dropout(net, rate=drop)  # expect: ACT115


class TextClassifier:
    def __init__(self, args, vocab=2000, length=40, classes=4):
        self.ids = tf.placeholder(tf.int32, [None, length])
        self.labels = tf.placeholder(tf.int64, [None])
        emb = tf.get_variable("embedding", [vocab, 64])
        words = tf.nn.embedding_lookup(emb, self.ids)
        words = layers.dropout(words, 0.2, noise_shape=[tf.shape(words)[0], 1, 64], name="word_drop")  # expect: ACT115
        net = tf.reduce_mean(words, axis=1)
        for units in args.widths:
            net = block(net, units, args.drop)
        self.logits = layers.dense(net, classes)
        self.loss = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=self.labels, logits=self.logits))
        hits = tf.equal(tf.argmax(self.logits, axis=1), self.labels)
        self.accuracy = tf.reduce_mean(tf.cast(hits, tf.float32))
        self.train_op = tf.train.AdamOptimizer(1e-3).minimize(self.loss)


def main(args):
    rng = np.random.RandomState(0)
    ids = rng.randint(0, 2000, size=(800, 40))
    labels = ids[:, 0] % 4
    model = TextClassifier(args)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for step in range(args.steps):
            pick = rng.choice(800, 64, replace=False)
            _, loss, acc = sess.run([model.train_op, model.loss, model.accuracy],
                                    feed_dict={model.ids: ids[pick], model.labels: labels[pick]})
            if step % 50 == 0:
                print("step %4d  loss %.3f  acc %.3f" % (step, loss, acc))


if __name__ == "__main__":
    main(parser.parse_args())
