"""Batches come out of a tf.data iterator with one run and go into placeholders with the next; the end is an exception."""
import numpy as np
import tensorflow as tf

rng = np.random.RandomState(19)
features = rng.randn(50, 4).astype(np.float32)
targets = (features[:, :1] * 2 - features[:, 1:2]).astype(np.float32)

dataset = tf.data.Dataset.from_tensor_slices((features, targets)).batch(12)
iterator = dataset.make_initializable_iterator()
next_element = iterator.get_next()

x = tf.placeholder(tf.float32, [None, 4])
y = tf.placeholder(tf.float32, [None, 1])
w = tf.Variable(rng.randn(4, 5).astype(np.float32) * 0.5)
v = tf.Variable(rng.randn(5, 1).astype(np.float32) * 0.5)
h = tf.nn.relu(tf.matmul(x, w))
loss = tf.losses.mean_squared_error(y, tf.matmul(h, v)) + 0.01 * tf.reduce_mean(tf.reduce_sum(h, 1))
train_op = tf.train.AdamOptimizer(0.02).minimize(loss)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for epoch in range(3):
        sess.run(iterator.initializer)
        total, seen = 0., 0
        try:
            while True:
                batch_x, batch_y = sess.run(next_element)
                _, l = sess.run([train_op, loss], feed_dict={x: batch_x, y: batch_y})
                total += l * len(batch_x)
                seen += len(batch_x)
        except tf.errors.OutOfRangeError:
            print("epoch %d: %d samples, loss %.6f" % (epoch, seen, total / seen))
