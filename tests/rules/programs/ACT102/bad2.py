"""slim-style network function with end points; the cost function picks one of them."""
import numpy as np
import tensorflow as tf
import tensorflow.contrib.slim as slim


def convnet(images, classes, scope="convnet"):
    end_points = {}
    with tf.variable_scope(scope):
        net = slim.conv2d(images, 8, [3, 3], stride=2, scope="conv1")
        net = slim.flatten(net)
        end_points["fc1"] = slim.fully_connected(net, 16, activation_fn=tf.nn.tanh, scope="fc1")
        end_points["logits"] = slim.fully_connected(end_points["fc1"], classes, activation_fn=None, scope="logits")
    return end_points["logits"], end_points


def total_cost(logits, end_points, labels, weight):
    data_loss = tf.losses.sparse_softmax_cross_entropy(labels=labels, logits=logits)
    return data_loss + weight * tf.reduce_mean(tf.square(end_points["fc1"]))  # expect: ACT102


def main():
    images = tf.placeholder(tf.float32, [None, 12, 12, 1], "images")
    labels = tf.placeholder(tf.int64, [None], "labels")
    logits, end_points = convnet(images, classes=3)
    cost = total_cost(logits, end_points, labels, weight=1e-2)
    train_op = tf.train.RMSPropOptimizer(1e-3).minimize(cost)

    rng = np.random.RandomState(0)
    feed = {images: rng.rand(32, 12, 12, 1), labels: rng.randint(0, 3, 32)}
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for step in range(10):
            _, value = sess.run([train_op, cost], feed_dict=feed)
        print("cost %.4f" % value)


if __name__ == "__main__":
    main()
