# A tensor in the middle is looked up by its name and fed. Then X is not fed at all, and only W2 is trained.
import numpy as np
import tensorflow as tf

rng = np.random.RandomState(0)
X = tf.placeholder(tf.float32, [None, 4], name="X")
y = tf.placeholder(tf.float32, [None], name="y")
W1 = tf.Variable(rng.randn(4, 3).astype(np.float32), name="W1")
W2 = tf.Variable(rng.randn(3, 1).astype(np.float32), name="W2")
code = tf.tanh(tf.matmul(X, W1), name="code")
out = tf.squeeze(tf.matmul(code, W2), 1, name="out")
loss = tf.reduce_mean(tf.square(out - y), name="loss")
optimizer = tf.train.GradientDescentOptimizer(0.1)
train = optimizer.minimize(loss, name="train")
train_top = optimizer.minimize(loss, var_list=[W2], name="train_top")

X_all, y_all = rng.randn(30, 4), rng.randn(30)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    sess.run(train, {X: X_all, y: y_all})
    graph = tf.get_default_graph()
    middle = graph.get_tensor_by_name("code:0")
    codes = sess.run(middle, {"X:0": X_all})
    before = sess.run(W1)
    for i in range(5):
        sess.run("train_top", feed_dict={middle: codes + 0.1, "y:0": y_all})
    print("moved: W1 %s" % np.any(sess.run(W1) != before))
    print("loss %.6f, from X %.6f" % (sess.run("loss:0", {middle: codes, y: y_all}), loss.eval({X: X_all, y: y_all})))
    print("out of another code %.6f" % sess.run(out, {code: [[0.1, 0., 0.]]})[0])
