# script: a while loop that fetches a slice and a negation of tensors (no tf.* call in sight)
import numpy as np
import tensorflow as tf

rng = np.random.RandomState(0)
X = rng.randn(200, 6).astype("float32")
Y = (X[:, 0] + X[:, 1] > 0).astype("float32")

x = tf.placeholder(tf.float32, [None, 6], name="x")
y = tf.placeholder(tf.float32, [None], name="y")
hidden = tf.layers.dense(x, 12, activation=tf.nn.relu, name="hidden")
score = tf.squeeze(tf.layers.dense(hidden, 1, name="score"), axis=1)
log_likelihood = -tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=score))
objective = tf.negative(log_likelihood)
step_op = tf.train.AdagradOptimizer(0.1).minimize(objective)

sess = tf.Session()
sess.run(tf.global_variables_initializer())

best, waited, step = np.inf, 0, 0
while waited < 5 and step < 60:
    rows = rng.choice(len(X), 50, replace=False)
    _, first, nll = sess.run([step_op, hidden[0], -log_likelihood], {x: X[rows], y: Y[rows]})  # expect: ACT104
    step += 1
    if nll < best - 1e-3:
        best, waited = nll, 0
    else:
        waited += 1

print("stopped after %d steps, best %.4f, first row %s" % (step, best, np.round(first[:3], 2)))
sess.close()
