"""MNIST-like classifier: hidden activations are only watched, the loss sees outputs and weights."""
import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()

LOGDIR = "/tmp/mlp_logs"


def build(x, n_classes):
    h1 = tf.layers.dense(x, 128, activation=tf.nn.relu, name="fc1")
    h2 = tf.layers.dense(h1, 64, activation=tf.nn.relu, name="fc2")
    for name, act in (("fc1", h1), ("fc2", h2)):
        tf.summary.histogram("act/" + name, act)
        tf.summary.scalar("zeros/" + name, tf.nn.zero_fraction(act))
    logits = tf.layers.dense(h2, n_classes, name="logits")
    return h2, logits


def weight_decay(scale):
    kernels = [v for v in tf.trainable_variables() if v.op.name.endswith("kernel")]
    return scale * tf.add_n([tf.nn.l2_loss(k) for k in kernels])


def main():
    rng = np.random.RandomState(1)
    X = rng.rand(1024, 784).astype("float32")
    Y = rng.randint(0, 10, size=1024)

    images = tf.placeholder(tf.float32, [None, 784])
    labels = tf.placeholder(tf.int64, [None])
    hidden, logits = build(images, 10)

    xent = tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))
    loss = xent + weight_decay(1e-4)
    train_op = tf.train.MomentumOptimizer(0.05, 0.9).minimize(loss)

    # monitoring only: none of this is part of `loss`
    sparsity = tf.reduce_mean(tf.abs(hidden))
    accuracy = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 1), labels), tf.float32))
    tf.summary.scalar("sparsity", sparsity)
    summaries = tf.summary.merge_all()

    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        writer = tf.summary.FileWriter(LOGDIR, sess.graph)
        for step in range(100):
            idx = rng.randint(0, len(X), size=64)
            feed = {images: X[idx], labels: Y[idx]}
            _, s, acc, hid, summ = sess.run([train_op, sparsity, accuracy, hidden, summaries], feed)
            writer.add_summary(summ, step)
            if step % 20 == 0:
                print("step %d  acc %.3f  |h| %.4f  dead %d" % (step, acc, s, int((hid.max(0) == 0).sum())))
        writer.close()


if __name__ == "__main__":
    main()
