# weight decay added to the collection by hand, as in many tutorials, and forgotten there
import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()

WEIGHT_DECAY = 5e-4


def variable_with_weight_decay(name, shape, stddev, wd):
    var = tf.get_variable(name, shape, initializer=tf.truncated_normal_initializer(stddev=stddev))
    if wd is not None:
        decay = tf.multiply(tf.nn.l2_loss(var), wd, name="weight_loss")
        tf.add_to_collection(tf.GraphKeys.REGULARIZATION_LOSSES, decay)
    return var


def inference(images, classes):
    kernel = variable_with_weight_decay("kernel", [3, 3, 1, 6], 0.1, None)
    conv = tf.nn.relu(tf.nn.conv2d(images, kernel, strides=[1, 2, 2, 1], padding="SAME"))
    flat = tf.reshape(conv, [-1, 5 * 5 * 6])
    local = variable_with_weight_decay("local", [5 * 5 * 6, 20], 0.05, WEIGHT_DECAY)
    softmax_w = variable_with_weight_decay("softmax_w", [20, classes], 0.05, WEIGHT_DECAY)
    return tf.matmul(tf.nn.relu(tf.matmul(flat, local)), softmax_w)


def train(images, labels, steps):
    x = tf.placeholder(tf.float32, [None, 10, 10, 1])
    t = tf.placeholder(tf.int64, [None])
    logits = inference(x, classes=4)
    xent = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=t, logits=logits)
    loss = tf.reduce_mean(xent, name="cross_entropy")
    train_op = tf.train.GradientDescentOptimizer(0.1).minimize(loss)  # expect: ACT106
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for step in range(steps):
            _, value = sess.run([train_op, loss], {x: images, t: labels})
        return value


rng = np.random.RandomState(0)
print("loss", train(rng.rand(40, 10, 10, 1), rng.randint(0, 4, 40), steps=20))
