# word-vector script: the hidden activations of "this step" are fetched with .eval() after the update
import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_eager_execution()
tf.set_random_seed(3)

VOCAB, SIZE, BATCH = 50, 8, 16
words = tf.placeholder(tf.int32, [BATCH])
context = tf.placeholder(tf.int32, [BATCH])
table = tf.get_variable("embeddings", [VOCAB, SIZE])
embedded = tf.nn.embedding_lookup(table, words)
hidden = tf.layers.dense(embedded, 16, tf.tanh)
logits = tf.layers.dense(hidden, VOCAB)
cost = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=context, logits=logits))
optimizer = tf.train.GradientDescentOptimizer(0.5).minimize(cost)
init = tf.global_variables_initializer()

rng = np.random.RandomState(0)


def next_batch():
    centre = rng.randint(1, VOCAB - 1, BATCH)
    return centre, centre + rng.choice([-1, 1], BATCH)


with tf.Session() as session:
    session.run(init)
    saturated = []
    for step in range(60):
        w, c = next_batch()
        _, value = session.run([optimizer, cost], {words: w, context: c})
        h = hidden.eval({words: w, context: c})  # expect: ACT103
        saturated.append(float(np.mean(np.abs(h) > 0.95)))
    print("cost %.3f saturated %.3f" % (value, np.mean(saturated)))
