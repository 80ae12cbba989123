"""Only the outputs and the weights are in the loss; the hidden layer is only summarised and fetched."""
import numpy as np
import tensorflow as tf

x = tf.placeholder(tf.float32, (None, 8))
y = tf.placeholder(tf.float32, (None, 1))


def affine(inputs, units, name):
    with tf.variable_scope(name):
        w = tf.get_variable("w", [int(inputs.shape[1]), units])
        b = tf.get_variable("b", [units], initializer=tf.zeros_initializer())
        return tf.matmul(inputs, w) + b, w


pre_activation, w1 = affine(x, 16, "hidden")
hidden = tf.nn.relu(pre_activation)
prediction, w2 = affine(hidden, 1, "output")

weight_decay = 1e-4 * (tf.nn.l2_loss(w1) + tf.nn.l2_loss(w2))
loss = tf.reduce_mean(tf.squared_difference(prediction, y)) + weight_decay
train_op = tf.train.AdamOptimizer(1e-2).minimize(loss)

sparsity = tf.reduce_mean(tf.to_float(tf.equal(hidden, 0.0)))
tf.summary.scalar("sparsity", sparsity)
tf.summary.histogram("hidden", hidden)
summaries = tf.summary.merge_all()

rng = np.random.RandomState(0)
X = rng.randn(64, 8).astype("float32")
Y = X[:, :1] * X[:, 1:2]
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(20):
        _, value, zeros, _ = sess.run([train_op, loss, sparsity, summaries], {x: X, y: Y})
    print("loss %.4f zeros %.2f" % (value, zeros))
