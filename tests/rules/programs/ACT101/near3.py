"""Classifier with data statistics and class weights taken once from a session."""
import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()

rng = np.random.RandomState(0)
X = (rng.randn(128, 6) * 3 + 2).astype("float32")
Y = (rng.rand(128) > 0.8).astype("int32")

x = tf.placeholder(tf.float32, [None, 6])
y = tf.placeholder(tf.int32, [None])
column_mean, column_var = tf.nn.moments(x, axes=[0])
class_counts = tf.bincount(y, minlength=2)

with tf.Session() as pre:
    mean_value, var_value, counts = pre.run([column_mean, column_var, class_counts], {x: X, y: Y})

class_weights = tf.constant((len(Y) / (2.0 * counts)).astype("float32"))
normed = (x - mean_value) / tf.sqrt(tf.constant(var_value) + 1e-6)
w1 = tf.get_variable("w1", [6, 16])
w2 = tf.get_variable("w2", [16, 2])
hidden = tf.nn.relu(tf.matmul(normed, w1))
logits = tf.matmul(hidden, w2)

xent = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
penalty = 0.01 * tf.reduce_mean(tf.abs(hidden))
loss = tf.reduce_mean(tf.gather(class_weights, y) * xent) + penalty
train = tf.train.AdamOptimizer(0.01).minimize(loss)


def sparsity_report(values):
    return "active=%.2f mean=%.3f" % (np.mean(values > 0), np.abs(values).mean())


with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(20):
        batch = rng.choice(len(X), 32)
        _, loss_value, hidden_value = sess.run([train, loss, hidden], {x: X[batch], y: Y[batch]})
        if step % 10 == 0:
            print("step %d loss %.4f %s" % (step, loss_value, sparsity_report(hidden_value)))
    test_hidden = hidden.eval({x: X})
    print("final", sparsity_report(test_hidden))
