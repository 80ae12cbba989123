"""Small GAN with an auxiliary classifier: alternating steps and separate evaluation."""
import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_eager_execution()

real = tf.placeholder(tf.float32, [None, 8])
noise = tf.placeholder(tf.float32, [None, 4])
keep = tf.placeholder(tf.float32, [])


def generator(z):
    with tf.variable_scope("gen", reuse=tf.AUTO_REUSE):
        hidden = tf.nn.relu(tf.matmul(z, tf.get_variable("w1", [4, 16])))
        return tf.matmul(hidden, tf.get_variable("w2", [16, 8]))


def critic(v):
    with tf.variable_scope("critic", reuse=tf.AUTO_REUSE):
        hidden = tf.nn.relu(tf.matmul(v, tf.get_variable("w1", [8, 16])))
        hidden = tf.nn.dropout(hidden, keep_prob=keep)
        return tf.matmul(hidden, tf.get_variable("w2", [16, 1])), hidden


score_real, hidden_real = critic(real)
score_fake, _ = critic(generator(noise))
d_loss = tf.reduce_mean(tf.nn.softplus(-score_real)) + tf.reduce_mean(tf.nn.softplus(score_fake))
g_loss = tf.reduce_mean(tf.nn.softplus(-score_fake))
d_vars = [v for v in tf.trainable_variables() if v.name.startswith("critic")]
g_vars = [v for v in tf.trainable_variables() if v.name.startswith("gen")]
d_step = tf.train.AdamOptimizer(1e-3).minimize(d_loss, var_list=d_vars)
g_step = tf.train.AdamOptimizer(1e-3).minimize(g_loss, var_list=g_vars)

data = np.random.randn(128, 8).astype("float32")
held_out = np.random.randn(32, 8).astype("float32")
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(40):
        batch = data[np.random.choice(128, 16)]
        z = np.random.randn(16, 4)
        feed = {real: batch, noise: z, keep: 0.5}
        _, d_value = sess.run([d_step, d_loss], feed_dict=feed)
        _, g_value = sess.run([g_step, g_loss], feed_dict=feed)
        if step % 20 == 0:
            scores, hidden_value = sess.run([score_real, hidden_real], feed_dict={real: batch, keep: 1.0})
            print(step, d_value, g_value, "active %.2f" % (hidden_value > 0).mean(), scores.mean())
    valid = sess.run(d_loss, feed_dict={real: held_out, noise: np.random.randn(32, 4), keep: 1.0})
    print("held out", valid)
