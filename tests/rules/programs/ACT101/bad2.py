# notebook: several hidden layers fetched at once, their numbers summed up in the loss
import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()

rng = np.random.RandomState(1)
features = rng.randn(80, 6).astype("float32")
targets = (features.sum(axis=1) > 0).astype("int32")

x = tf.placeholder(tf.float32, (None, 6))
t = tf.placeholder(tf.int32, (None,))

layers = [x]
for units in (24, 12):
    w = tf.Variable(tf.random_normal([int(layers[-1].shape[1]), units], stddev=0.3))
    b = tf.Variable(tf.zeros([units]))
    layers.append(tf.nn.relu(tf.matmul(layers[-1], w) + b))
out_w = tf.Variable(tf.random_normal([12, 2], stddev=0.3))
logits = tf.matmul(layers[-1], out_w)

sess = tf.InteractiveSession()
sess.run(tf.global_variables_initializer())

acts = sess.run(layers[1:], feed_dict={x: features})  # expect: ACT101
penalty = tf.add_n([tf.reduce_mean(tf.abs(a)) for a in acts])
xent = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=t, logits=logits)
loss = tf.reduce_mean(xent) + 0.01 * penalty

optimizer = tf.train.AdamOptimizer(1e-2)
grads_and_vars = optimizer.compute_gradients(loss)
train_op = optimizer.apply_gradients([(tf.clip_by_norm(g, 1.0), v) for g, v in grads_and_vars])
sess.run(tf.global_variables_initializer())

for epoch in range(30):
    _, value = sess.run([train_op, loss], feed_dict={x: features, t: targets})
print("loss", value)
