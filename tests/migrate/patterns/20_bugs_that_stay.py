# Wrong, and to be kept: softmax before softmax_cross_entropy, a log that has no gradient where the value was clipped,
# weights fetched before the training and printed as the result, summaries merged again in every step.
import numpy as np
import tensorflow as tf

rng = np.random.RandomState(20)
x = tf.placeholder(tf.float32, [None, 4])
y = tf.placeholder(tf.float32, [None, 3])
w = tf.Variable(rng.normal(0, .7, (4, 6)).astype(np.float32))
v = tf.Variable(rng.normal(0, .7, (6, 3)).astype(np.float32))
unused = tf.Variable(tf.ones([2]))
hidden = tf.nn.sigmoid(tf.matmul(x, w))
prediction = tf.nn.softmax(tf.matmul(hidden, v))
cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(logits=prediction, labels=y))
cost += 0.1 * -tf.reduce_mean(tf.log(tf.clip_by_value(hidden, 0.05, 1.0)))
tf.summary.scalar('cost', cost)
train = tf.train.AdagradOptimizer(0.1).minimize(cost)

data = rng.randn(32, 4)
labels = np.eye(3)[np.argmax(data[:, :3], 1)]
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    first = sess.run(w)
    for i in range(10):
        sess.run(train, {x: data, y: labels})
        summary = sess.run(tf.summary.merge_all(), {x: data, y: labels})
        if i % 3 == 0:
            print("%d %.6f %d" % (i, sess.run(cost, {x: data, y: labels}), len(summary) > 0))
    print("w %.6f (not %.6f), unused %.1f" % (np.abs(first).mean(), np.abs(sess.run(w)).mean(), sess.run(unused)[0]))
