# Adversarial autoencoder whose variables are told apart by pieces of their names.
# 'e_' is meant for the encoder (e_dense_1 ...), but finds d_dense_1 too.
import numpy as np
import tensorflow as tf


def dense(x, n1, n2, name):
    with tf.variable_scope(name):
        values = np.random.RandomState(len(name) + n1 + n2).normal(0., 0.4, [n1, n2])
        w = tf.get_variable("weights", shape=[n1, n2], initializer=tf.constant_initializer(values))
        b = tf.get_variable("bias", shape=[n2], initializer=tf.constant_initializer(0.1))
        return tf.add(tf.matmul(x, w), b)


def encoder(x):
    return dense(tf.nn.relu(dense(x, 6, 8, 'e_dense_1')), 8, 2, 'e_latent')


def decoder(z):
    return tf.nn.sigmoid(dense(tf.nn.relu(dense(z, 2, 8, 'd_dense_1')), 8, 6, 'd_output'))


def discriminator(z, reuse=False):
    if reuse:
        tf.get_variable_scope().reuse_variables()
    return dense(tf.nn.relu(dense(z, 2, 8, 'dc_den1')), 8, 1, 'dc_output')


x = tf.placeholder(tf.float32, [None, 6])
prior = tf.placeholder(tf.float32, [None, 2])
with tf.variable_scope(tf.get_variable_scope()):
    code = encoder(x)
    rec = decoder(code)
with tf.variable_scope(tf.get_variable_scope()):
    real = discriminator(prior)
    fake = discriminator(code, reuse=True)

rec_loss = tf.reduce_mean(tf.square(x - rec))
bce = tf.nn.sigmoid_cross_entropy_with_logits
dc_loss = tf.reduce_mean(bce(labels=tf.ones_like(real), logits=real)) + tf.reduce_mean(bce(labels=tf.zeros_like(fake), logits=fake))
gen_loss = tf.reduce_mean(bce(labels=tf.ones_like(fake), logits=fake))

all_variables = tf.trainable_variables()
dc_var = [var for var in all_variables if 'dc_' in var.name]
en_var = [var for var in all_variables if 'e_' in var.name]
print(sorted(v.name for v in en_var))
ae_step = tf.train.AdamOptimizer(0.01).minimize(rec_loss)
dc_step = tf.train.AdamOptimizer(0.01, beta1=0.5).minimize(dc_loss, var_list=dc_var)
gen_step = tf.train.AdamOptimizer(0.01, beta1=0.5).minimize(gen_loss, var_list=en_var)

rng = np.random.RandomState(6)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(8):
        batch, z = rng.rand(16, 6), 2 * rng.randn(16, 2)
        sess.run(ae_step, feed_dict={x: batch})
        sess.run(dc_step, feed_dict={x: batch, prior: z})
        sess.run(gen_step, feed_dict={x: batch})
        if i % 3 == 0:
            print("%.6f %.6f %.6f" % tuple(sess.run([rec_loss, dc_loss, gen_loss], {x: batch, prior: z})))
