from __future__ import division, print_function
import tensorflow as tf
import numpy as np
# old spellings that 1.x still knows

n_samples = 7
X = tf.placeholder("float", [None, 4])
Y = tf.placeholder("float", [None, 2])
start = np.arange(12).reshape(4, 3) / 12
W = tf.Variable(np.float32(start), name="weight")
b = tf.Variable(tf.zeros([3]), name="bias")
V = tf.Variable(np.float32(start.T[:, :2] - 0.3))

act = tf.nn.sigmoid(tf.add(tf.matmul(X, W), b))
both = tf.concat([act, act * 2], 1)
mean_act = tf.reduce_mean(act, reduction_indices=0)
norm = act / tf.sqrt(tf.reduce_sum(tf.pow(act, 2), reduction_indices=[1], keep_dims=True))
pred = tf.nn.softmax(tf.matmul(norm, V))
cost = -tf.reduce_sum(Y * tf.log(pred)) / n_samples + tf.reduce_sum(tf.square(mean_act - 0.1))
optimizer = tf.train.GradientDescentOptimizer(0.1).minimize(cost)
accuracy = tf.reduce_mean(tf.cast(tf.equal(tf.arg_max(pred, 1), tf.arg_max(Y, 1)), "float"))

init = tf.initialize_all_variables()
rng = np.random.RandomState(16)
with tf.Session() as sess:
    sess.run(init)
    for epoch in range(20):
        x = rng.rand(n_samples, 4)
        y = np.eye(2)[(x[:, 0] > x[:, 1]).astype(int)]
        for (one, label) in zip(x[:2], y):
            sess.run(optimizer, feed_dict={X: [one], Y: [label]})
        sess.run(optimizer, feed_dict={X: x, Y: y})
        if (epoch + 1) % 5 == 0:
            c = sess.run(cost, feed_dict={X: x, Y: y})
            print("Epoch:", '%04d' % (epoch + 1), "cost=", "{:.6f}".format(c))
    print("shape", sess.run(both, {X: x}).shape, "sum", "%.6f" % sess.run(tf.to_float(tf.reduce_sum(both)), {X: x}))
    print("bias", "%.6f" % np.abs(sess.run(b)).sum(), "accuracy", "%.4f" % accuracy.eval({X: x, Y: y}))
