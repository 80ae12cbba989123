"""Python functions in a TF1 graph, none of them between an activation and the gradient."""
import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()


def jitter(batch):
    return (batch + 0.01 * np.random.randn(*batch.shape)).astype(np.float32)


def average_precision(scores, labels):
    ranked = labels[np.argsort(-scores)]
    precision = np.cumsum(ranked) / (np.arange(len(ranked)) + 1.0)
    return np.float32((precision * ranked).sum() / max(ranked.sum(), 1))


def huber(values):
    return tf.reduce_mean(tf.where(tf.abs(values) < 1.0, 0.5 * tf.square(values), tf.abs(values) - 0.5))


@tf.custom_gradient
def numpy_softsign(values):
    result = tf.numpy_function(lambda v: v / (1 + np.abs(v)), [values], tf.float32)
    result.set_shape(values.shape)

    def grad(upstream):
        return upstream / tf.square(1.0 + tf.abs(values))

    return result, grad


x = tf.placeholder(tf.float32, [None, 6])
y = tf.placeholder(tf.float32, [None])
noisy = tf.py_func(jitter, [x], tf.float32)
noisy.set_shape([None, 6])
hidden = tf.nn.relu(tf.matmul(noisy, tf.get_variable("w1", [6, 16])))
hidden = numpy_softsign(tf.matmul(hidden, tf.get_variable("w2", [16, 8])))
logits = tf.squeeze(tf.matmul(hidden, tf.get_variable("w3", [8, 1])), 1)

penalty = tf.py_function(huber, [hidden], tf.float32)
xent = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=logits))
loss = xent + 0.01 * tf.reshape(penalty, [])
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
metric = tf.py_func(average_precision, [logits, y], tf.float32)

data = np.random.randn(64, 6).astype("float32")
target = (data[:, 0] > 0).astype("float32")
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(20):
        _, value, ap = sess.run([train, loss, metric], {x: data, y: target})
    print("loss %.3f ap %.3f" % (value, ap))
