# The loss that comes with the training op is the one before the update; fetched by itself, the one after it.
import numpy as np
import tensorflow as tf

rng = np.random.RandomState(1)
data, target = rng.randn(20, 3), rng.randn(20, 1)
x = tf.placeholder(tf.float32, [None, 3])
t = tf.placeholder(tf.float32, [None, 1])
w = tf.Variable(tf.ones([3, 1]))
h = tf.matmul(x, w)
loss = tf.reduce_mean(tf.square(h - t)) + 0.1 * tf.reduce_mean(tf.abs(h))
step = tf.Variable(0, trainable=False)
train = tf.train.AdamOptimizer(0.1).minimize(loss, global_step=step)

sess = tf.Session()
sess.run(tf.global_variables_initializer())
feed = {x: data, t: target}
for i in range(3):
    before, _ = sess.run([loss, train], feed)
    after = sess.run(loss, feed)
    with_step, h_now, _ = sess.run((loss, h, train), feed_dict=feed)
    print("%d: %.6f %.6f %.6f %.6f" % (i, before, after, with_step, h_now.mean()))
print("steps", sess.run(step))
