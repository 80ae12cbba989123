import os

import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()
tf.logging.set_verbosity(tf.logging.INFO)

OUT = "/tmp/mlp_run"
WIDTHS = [64, 32, 16]


def tower(x):
    for depth, width in enumerate(WIDTHS):      # a loop that builds layers, no session in it
        x = tf.layers.dense(x, width, activation=tf.nn.relu, name="fc%d" % depth)
    return x


x = tf.placeholder(tf.float32, [None, 8])
y = tf.placeholder(tf.float32, [None, 1])
hidden = tower(x)
pred = tf.layers.dense(hidden, 1)
loss = tf.losses.mean_squared_error(y, pred)
active = tf.reduce_mean(tf.cast(hidden > 0, tf.float32))

global_step = tf.train.get_or_create_global_step()
lr = tf.get_variable("lr", initializer=0.1, trainable=False)
lr_in = tf.placeholder(tf.float32, [])
set_lr = tf.assign(lr, lr_in)
train_op = tf.train.GradientDescentOptimizer(lr).minimize(loss, global_step=global_step)
tf.summary.scalar("loss", loss)
merged = tf.summary.merge_all()
saver = tf.train.Saver(max_to_keep=2)
init = tf.global_variables_initializer()

rng = np.random.RandomState(0)
X = rng.randn(256, 8).astype("float32")
Y = X[:, :1] - 0.5 * X[:, 1:2]

with tf.Session() as sess:
    sess.run(init)
    writer = tf.summary.FileWriter(OUT, sess.graph)
    for epoch in range(10):
        if not tf.gfile.Exists(OUT):
            tf.gfile.MakeDirs(OUT)
        losses = []
        for start in range(0, len(X), 32):
            feed = {x: X[start:start + 32], y: Y[start:start + 32]}
            _, value, frac, summ = sess.run([train_op, loss, active, merged], feed)
            losses.append(value)
            writer.add_summary(summ, tf.train.global_step(sess, global_step))
        mean = np.mean(losses)
        proto = tf.Summary(value=[tf.Summary.Value(tag="epoch/loss", simple_value=float(mean))])
        writer.add_summary(proto, epoch)
        tf.logging.info("epoch %d loss %.4f active %.2f", epoch, mean, frac)
        if epoch == 5:
            sess.run(set_lr, {lr_in: 0.01})
        if epoch == 8:
            lr.load(0.001, sess)
        saver.save(sess, os.path.join(OUT, "model.ckpt"), global_step=epoch)
        print("best so far", -np.max(-np.asarray(losses)), tf.train.latest_checkpoint(OUT))
    writer.close()
