import functools

import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()


def network(x, is_training, keep_prob):
    bn = functools.partial(tf.layers.batch_normalization, training=is_training, momentum=0.9)
    common = {"training": is_training, "rate": 0.3}

    net = tf.layers.conv2d(x, 16, 3, padding="same", use_bias=False)
    net = tf.nn.relu(bn(net, name="bn1"))
    net = tf.layers.max_pooling2d(net, 2, 2)
    net = tf.layers.dropout(net, **common)
    net = tf.layers.conv2d(net, 32, 3, padding="same", use_bias=False)
    net = tf.nn.relu(tf.layers.batch_normalization(net, momentum=0.9, training=is_training, name="bn2"))
    net = tf.layers.flatten(net)
    net = tf.layers.dense(net, 64, activation=tf.nn.relu)
    net = tf.layers.dropout(net, 0.5, None, 7, is_training)       # training is the 5th positional
    net = tf.nn.dropout(net, keep_prob=keep_prob)                  # another op: no training flag at all
    return tf.layers.dense(net, 10)


def main():
    images = tf.placeholder(tf.float32, [None, 28, 28, 1])
    labels = tf.placeholder(tf.int32, [None])
    is_training = tf.placeholder_with_default(False, shape=(), name="is_training")
    keep_prob = tf.placeholder_with_default(1.0, shape=())

    logits = network(images, is_training, keep_prob)
    loss = tf.losses.sparse_softmax_cross_entropy(labels, logits)
    update_ops = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
    with tf.control_dependencies(update_ops):
        train_op = tf.train.AdamOptimizer().minimize(loss)

    rng = np.random.RandomState(0)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for step in range(30):
            feed = {
                images: rng.rand(16, 28, 28, 1).astype("float32"),
                labels: rng.randint(0, 10, 16),
                is_training: True,
                keep_prob: 0.9,
            }
            _, value = sess.run([train_op, loss], feed)
            if step % 10 == 0:
                print(step, value)
        test = sess.run(logits, {images: rng.rand(4, 28, 28, 1).astype("float32")})
        print(test.argmax(1))


if __name__ == "__main__":
    main()
