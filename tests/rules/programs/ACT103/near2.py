"""GAN: two train ops alternate on the same feed; each run fetches its own loss and features together."""
import numpy as np
import tensorflow as tf


def generator(z):
    with tf.variable_scope("generator"):
        return tf.layers.dense(tf.layers.dense(z, 16, tf.nn.relu), 2)


def discriminator(x, reuse=None):
    with tf.variable_scope("discriminator", reuse=reuse):
        features = tf.layers.dense(x, 16, tf.nn.leaky_relu, name="features")
        return features, tf.layers.dense(features, 1, name="score")


def bce(score, wanted):
    labels = wanted * tf.ones_like(score)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(logits=score, labels=labels))


real = tf.placeholder(tf.float32, [None, 2])
noise = tf.placeholder(tf.float32, [None, 4])
fake = generator(noise)
_, real_score = discriminator(real)
fake_features, fake_score = discriminator(fake, reuse=True)
d_loss = bce(real_score, 1.0) + bce(fake_score, 0.0)
g_loss = bce(fake_score, 1.0)
g_vars = tf.trainable_variables("generator")
d_vars = tf.trainable_variables("discriminator")
d_train = tf.train.AdamOptimizer(1e-3).minimize(d_loss, var_list=d_vars)
g_train = tf.train.AdamOptimizer(1e-3).minimize(g_loss, var_list=g_vars)

rng = np.random.RandomState(0)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(30):
        feed = {real: rng.randn(32, 2) * 0.3 + 1.0, noise: rng.randn(32, 4)}
        _, d_value = sess.run([d_train, d_loss], feed_dict=feed)
        _, g_value, f_value = sess.run([g_train, g_loss, fake_features], feed_dict=feed)
    print("d %.3f g %.3f features %.3f" % (d_value, g_value, np.abs(f_value).mean()))
