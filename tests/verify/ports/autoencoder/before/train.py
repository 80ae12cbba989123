import numpy as np
import tensorflow as tf

np.random.seed(1)
IMAGES = np.random.rand(24, 8, 8, 1)
LABELS = np.random.randint(0, 3, size=24)


def conv(x, shape, name):
    with tf.variable_scope(name):
        kernel = tf.get_variable("kernel", shape, initializer=tf.truncated_normal_initializer(stddev=0.3))
        bias = tf.get_variable("bias", [shape[-1]], initializer=tf.zeros_initializer())
    return tf.nn.relu(tf.nn.conv2d(x, kernel, [1, 1, 1, 1], "SAME") + bias)


class Encoder(object):
    def __init__(self, x, keep):
        self.maps = conv(conv(x, [3, 3, 1, 4], "first"), [3, 3, 4, 4], "second")
        flat = tf.reshape(tf.nn.max_pool(self.maps, [1, 2, 2, 1], [1, 2, 2, 1], "SAME"), [-1, 64])
        self.code = tf.nn.dropout(tf.layers.dense(flat, 6, tf.nn.tanh, name="code"), keep_prob=keep)


class Model(object):
    def __init__(self):
        self.images = tf.placeholder(tf.float32, [None, 8, 8, 1], name="images")
        self.labels = tf.placeholder(tf.int64, [None], name="labels")
        self.keep = tf.placeholder_with_default(1.0, [], name="keep")
        self.encoder = Encoder(self.images, self.keep)
        self.logits = tf.layers.dense(self.encoder.code, 3, name="logits")
        self.flat = tf.layers.dense(self.encoder.code, 64, tf.sigmoid, name="decoded")
        self.step = tf.train.get_or_create_global_step()
        self.build_losses()

    def build_losses(self):
        entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=self.labels, logits=self.logits)
        self.entropy = tf.reduce_mean(entropy)
        self.rebuilt = tf.losses.mean_squared_error(tf.reshape(self.images, [-1, 64]), self.flat)
        rate = tf.train.exponential_decay(0.1, self.step, 3, 0.8, staircase=True)
        total = self.entropy + 0.5 * self.rebuilt + 0.01 * tf.reduce_mean(tf.square(self.encoder.maps))
        self.train = tf.train.MomentumOptimizer(rate, 0.9).minimize(total, global_step=self.step)
        self.accuracy = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(self.logits, 1), self.labels), tf.float32))


if __name__ == "__main__":
    model = Model()
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for step in range(30):
            at = step % 3 * 8
            feed = {model.images: IMAGES[at : at + 8], model.labels: LABELS[at : at + 8], model.keep: 0.75}
            entropy, rebuilt, _ = sess.run([model.entropy, model.rebuilt, model.train], feed)
            if step % 10 == 0:
                print(step, entropy, rebuilt)
                print(model.accuracy.eval({model.images: IMAGES, model.labels: LABELS}))
