"""The second run is an evaluation: dropout off, or held-out data, or only now and then."""
import numpy as np
import tensorflow as tf

rng = np.random.RandomState(0)
train_x, train_y = rng.randn(96, 6).astype("float32"), rng.randint(0, 2, 96)
valid_x, valid_y = rng.randn(32, 6).astype("float32"), rng.randint(0, 2, 32)

x = tf.placeholder(tf.float32, [None, 6])
y = tf.placeholder(tf.int64, [None])
rate = tf.placeholder_with_default(0.0, [])
hidden = tf.nn.dropout(tf.layers.dense(x, 24, tf.nn.relu), rate=rate)
logits = tf.layers.dense(hidden, 2)
loss = tf.losses.sparse_softmax_cross_entropy(y, logits)
accuracy = tf.reduce_mean(tf.to_float(tf.equal(tf.argmax(logits, 1), y)))
train_op = tf.train.AdamOptimizer(1e-2).minimize(loss)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(60):
        rows = rng.choice(96, 32)
        sess.run(train_op, {x: train_x[rows], y: train_y[rows], rate: 0.5})
        if step % 20 == 0:
            train_acc = sess.run(accuracy, {x: train_x[rows], y: train_y[rows], rate: 0.0})
            valid_acc, valid_loss = sess.run([accuracy, loss], {x: valid_x, y: valid_y})
            print("step %d train %.2f valid %.2f (%.3f)" % (step, train_acc, valid_acc, valid_loss))
    codes = sess.run(hidden, {x: valid_x})
print("codes", codes.shape)
