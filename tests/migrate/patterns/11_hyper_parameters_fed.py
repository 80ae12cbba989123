# Learning rate, weight of a loss term and the balance of two losses are fed; the balance follows the losses.
import numpy as np
import tensorflow as tf

rng = np.random.RandomState(11)
x = tf.placeholder(tf.float32, [None, 5], name='x')
noise = tf.placeholder(tf.float32, [None, 2], name='noise')
lr = tf.placeholder(tf.float32, [], name='lr')
k = tf.placeholder(tf.float32, name='k')
beta = tf.placeholder_with_default(1.0, shape=[], name='beta')


def net(x, n_out, scope, reuse=None):
    with tf.variable_scope(scope, reuse=reuse):
        n_in = x.get_shape().as_list()[1]
        init = np.random.RandomState(n_in).normal(0, .5, (n_in, 6)), np.random.RandomState(n_out).normal(0, .5, (6, n_out))
        h = tf.layers.dense(x, 6, tf.nn.elu, kernel_initializer=tf.constant_initializer(init[0]), name='h')
        return tf.layers.dense(h, n_out, kernel_initializer=tf.constant_initializer(init[1]), name='out'), h


fake, _ = net(noise, 5, 'G')
rec_real, h_real = net(x, 5, 'D')
rec_fake, _ = net(fake, 5, 'D', reuse=True)
real_loss = tf.reduce_mean(tf.abs(rec_real - x))
fake_loss = tf.reduce_mean(tf.abs(rec_fake - fake))
d_loss = real_loss - k * fake_loss + beta * 0.01 * tf.reduce_mean(tf.square(h_real))
d_step = tf.train.GradientDescentOptimizer(lr).minimize(d_loss, var_list=tf.trainable_variables('D'))
g_step = tf.train.GradientDescentOptimizer(lr).minimize(fake_loss, var_list=tf.trainable_variables('G'))

gamma, kt, rate = 1.5, 0.0, 0.2
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(12):
        feed = {x: rng.rand(16, 5), noise: rng.randn(16, 2), lr: rate, k: kt}
        if i >= 6:
            feed[beta] = 2.0
        _, real = sess.run([d_step, real_loss], feed)
        _, made = sess.run([g_step, fake_loss], {noise: rng.randn(16, 2), lr: rate * 0.5})
        kt = np.clip(kt + 0.1 * (gamma * real - made), 0., 1.)
        if i % 4 == 3:
            rate *= 0.5
            print("%d real %.6f fake %.6f k %.6f" % (i, real, made, kt))
