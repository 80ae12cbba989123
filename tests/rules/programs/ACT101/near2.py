"""Fetched hidden values are only looked at with numpy; the penalty in the loss is built from the tensor."""
import numpy as np
import tensorflow as tf


def build(x, y, weight=0.01):
    with tf.variable_scope("encoder"):
        code = tf.layers.dense(x, 8, activation=tf.nn.relu)
    with tf.variable_scope("decoder"):
        recon = tf.layers.dense(code, 6)
    loss = tf.losses.mean_squared_error(y, recon) + weight * tf.reduce_mean(tf.abs(code))
    return code, recon, loss


def report(values):
    dead = np.mean(np.all(values <= 0, axis=0))
    return "mean %.3f, dead units %.2f" % (np.abs(values).mean(), dead)


def early_stop(history, patience=20):
    return len(history) > patience and min(history[-patience:]) > min(history)


data = np.random.RandomState(0).randn(100, 6).astype("float32")
x = tf.placeholder(tf.float32, (None, 6))
code, recon, loss = build(x, x)
train_op = tf.train.MomentumOptimizer(0.05, 0.9).minimize(loss)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    history = []
    for step in range(40):
        _, value = sess.run([train_op, loss], feed_dict={x: data})
        history.append(float(np.sqrt(value)))
        if early_stop(history):
            break
    held_out = np.random.RandomState(1).randn(20, 6).astype("float32")
    print(report(sess.run(code, feed_dict={x: held_out})), "best", min(history))
