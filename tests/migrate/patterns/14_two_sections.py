# Two sections with a graph and a session each. What the first one learned is data for the second.
import numpy as np
import tensorflow as tf

rng = np.random.RandomState(14)
data = rng.rand(40, 6)


def reset_graph(seed=42):
    tf.reset_default_graph()
    tf.set_random_seed(seed)


# --- first: an autoencoder
reset_graph()
X = tf.placeholder(tf.float32, [None, 6])
W = tf.Variable(rng.normal(0, .4, (6, 3)).astype(np.float32))
hidden = tf.nn.sigmoid(tf.matmul(X, W))
loss = tf.reduce_mean(tf.square(tf.matmul(hidden, W, transpose_b=True) - X)) + 0.02 * tf.reduce_mean(hidden)
train = tf.train.AdamOptimizer(0.05).minimize(loss)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(8):
        sess.run(train, {X: data})
    print("autoencoder %.6f" % sess.run(loss, {X: data}))
    codes, W_val = sess.run([hidden, W], {X: data})

# --- second: starts from the weights, or from the codes
reset_graph()
X = tf.placeholder(tf.float32, [None, 6])
y = tf.placeholder(tf.float32, [None])
W = tf.Variable(W_val, trainable=False)
v = tf.Variable(tf.zeros([3, 1]))
hidden = tf.nn.sigmoid(tf.matmul(X, W))
logit = tf.squeeze(tf.matmul(hidden, v), [1])
loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=logit))
train = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    target = (data[:, 0] > 0.5).astype(float)
    for i in range(8):
        _, l = sess.run([train, loss], {hidden: codes, y: target})
    print("classifier %.6f, again %.6f" % (l, sess.run(loss, {X: data, y: target})))
