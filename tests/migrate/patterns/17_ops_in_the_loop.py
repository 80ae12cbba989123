# The graph grows while the program runs: small operations are made inside sess.run.
import numpy as np
import tensorflow as tf

rng = np.random.RandomState(17)
x = tf.placeholder(tf.float32, [None, 4])
y = tf.placeholder(tf.int64, [None])
lr = tf.Variable(0.5, dtype=tf.float32, trainable=False)
w = tf.get_variable("w", initializer=rng.normal(0, .5, (4, 5)).astype(np.float32))
v = tf.get_variable("v", initializer=rng.normal(0, .5, (5, 3)).astype(np.float32))
hidden = tf.nn.relu(tf.matmul(x, w))
logits = tf.matmul(hidden, v)
loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)) + 0.01 * tf.reduce_mean(hidden)
train_step = tf.train.GradientDescentOptimizer(lr).minimize(loss)

data = rng.randn(60, 4)
label = np.argmax(data[:, :3], 1)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for epoch in range(4):
        sess.run(tf.assign(lr, 0.5 * (0.8 ** epoch)))
        for start in range(0, 60, 20):
            batch = {x: data[start:start + 20], y: label[start:start + 20]}
            sess.run(train_step, feed_dict=batch)
        classes = sess.run(tf.argmax(logits, 1), feed_dict={x: data})
        right = sess.run(tf.reduce_sum(tf.cast(tf.equal(logits, tf.reduce_max(logits, 1, keepdims=True)), tf.int32)), {x: data})
        print("epoch %d, lr %.6f, loss %.6f, correct %d, rows %d"
              % (epoch, sess.run(lr), loss.eval({x: data, y: label}), np.sum(classes == label), right))
