"""Loops that build layers, and a session loop with only things that create no op: Summary proto, logging, load."""
import numpy as np
import tensorflow as tf


def mlp(inputs, widths):
    net = inputs
    for i, width in enumerate(widths):
        net = tf.layers.dense(net, width, activation=tf.nn.relu, name="fc%d" % i)
        net = tf.identity(net, name="act%d" % i)
    return net


def scalar(tag, value):
    return tf.Summary(value=[tf.Summary.Value(tag=tag, simple_value=float(value))])


x = tf.placeholder(tf.float32, [None, 4])
y = tf.placeholder(tf.float32, [None, 1])
loss = tf.losses.mean_squared_error(y, tf.layers.dense(mlp(x, (16, 8)), 1))
lr = tf.Variable(0.05, trainable=False)
train_op = tf.train.GradientDescentOptimizer(lr).minimize(loss)
norms = []
for variable in tf.trainable_variables():
    norms.append(tf.reduce_sum(tf.square(variable)))
norm_op = tf.add_n(norms)

rng = np.random.RandomState(0)
X = rng.randn(64, 4).astype("float32")
records = []
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for epoch in range(10):
        lr.load(0.05 * 0.9**epoch, sess)
        _, value, norm = sess.run([train_op, loss, norm_op], {x: X, y: X[:, :1]})
        records.append(scalar("loss", value))
        tf.logging.info("epoch %d loss %.4f norm %.4f", epoch, value, norm)
        if tf.gfile.Exists("/nonexistent/stop"):
            break
print("epochs", len(records), "last", records[-1].value[0].simple_value)
