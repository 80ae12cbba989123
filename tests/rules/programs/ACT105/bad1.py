"""DCGAN-style class: batch norm behind a helper, minimize() in another method, nobody runs the updates."""
import numpy as np
import tensorflow as tf


def conv_bn(x, filters, is_training, name):
    with tf.variable_scope(name):
        x = tf.layers.conv2d(x, filters, 3, strides=2, padding="same", use_bias=False)
        x = tf.layers.batch_normalization(x, training=is_training)
        return tf.nn.leaky_relu(x)


class ImageClassifier(object):
    def __init__(self, size, classes, lr=1e-3):
        self.images = tf.placeholder(tf.float32, [None, size, size, 1])
        self.labels = tf.placeholder(tf.int64, [None])
        self.is_training = tf.placeholder(tf.bool, [])
        self.global_step = tf.train.get_or_create_global_step()
        self.logits = self.network(classes)
        self.loss = tf.losses.sparse_softmax_cross_entropy(self.labels, self.logits)
        self.train_op = self.build_optimizer(lr)

    def network(self, classes):
        net = self.images
        for i, filters in enumerate((8, 16)):
            net = conv_bn(net, filters, self.is_training, "block%d" % i)
        return tf.layers.dense(tf.layers.flatten(net), classes)

    def build_optimizer(self, lr):
        rate = tf.train.exponential_decay(lr, self.global_step, 100, 0.9)
        optimizer = tf.train.AdamOptimizer(rate)
        return optimizer.minimize(self.loss, global_step=self.global_step)  # expect: ACT105


if __name__ == "__main__":
    model = ImageClassifier(size=12, classes=3)
    rng = np.random.RandomState(0)
    images, labels = rng.rand(48, 12, 12, 1), rng.randint(0, 3, 48)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for epoch in range(5):
            feed = {model.images: images, model.labels: labels, model.is_training: True}
            _, loss = sess.run([model.train_op, model.loss], feed_dict=feed)
        predictions = sess.run(model.logits, feed_dict={model.images: images, model.is_training: False})
        print("loss %.3f accuracy %.2f" % (loss, np.mean(predictions.argmax(axis=1) == labels)))
