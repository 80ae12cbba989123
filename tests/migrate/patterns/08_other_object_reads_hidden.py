"""The network is one object, its loss another one that looks into the first."""
import numpy as np
import tensorflow as tf


class VAE(object):
    def __init__(self, x, noise, n_latent=2):
        rng = np.random.RandomState(8)
        self.inputs = x
        self.w = tf.Variable(rng.randn(6, 2 * n_latent).astype(np.float32) * 0.4)
        self.v = tf.Variable(rng.randn(n_latent, 6).astype(np.float32) * 0.4)
        stats = tf.matmul(x, self.w)
        self.z_mean, self.z_log_std = tf.split(stats, 2, axis=1)
        self.z = self.z_mean + tf.exp(self.z_log_std) * noise
        self.logits = tf.matmul(self.z, self.v)


class Optimizer(object):
    def __init__(self, model, lr):
        rec = tf.nn.sigmoid_cross_entropy_with_logits(labels=model.inputs, logits=model.logits)
        self.cost = tf.reduce_mean(tf.reduce_sum(rec, 1))
        kl = 1 + 2 * model.z_log_std - tf.square(model.z_mean) - tf.square(tf.exp(model.z_log_std))
        self.kl = -0.5 * tf.reduce_mean(tf.reduce_sum(kl, 1))
        self.opt_op = tf.train.AdamOptimizer(lr).minimize(self.cost + self.kl)


placeholders = {'x': tf.placeholder(tf.float32, [None, 6]), 'noise': tf.placeholder(tf.float32, [None, 2])}
model = VAE(placeholders['x'], placeholders['noise'])
with tf.name_scope('optimizer'):
    opt = Optimizer(model, lr=0.02)

data = np.random.RandomState(80)
sess = tf.Session()
sess.run(tf.global_variables_initializer())
for epoch in range(7):
    feed_dict = dict()
    feed_dict.update({placeholders['x']: data.binomial(1, .4, (20, 6)), placeholders['noise']: data.randn(20, 2)})
    outs = sess.run([opt.opt_op, opt.cost, opt.kl], feed_dict=feed_dict)
    if epoch % 3 == 0:
        print("Epoch: %04d cost %.6f kl %.6f" % (epoch + 1, outs[1], outs[2]))
print("z %.6f" % np.abs(sess.run(model.z_mean, {model.inputs: np.ones((1, 6))})).sum())
