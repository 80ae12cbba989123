"""CIFAR-10 convnet in the style of the old tutorial."""
import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()

FLAGS = dict(batch=32, steps=50, wd=5e-4, lr=0.05, classes=10)


def variable_with_weight_decay(name, shape, wd=None):
    var = tf.get_variable(name, shape, initializer=tf.truncated_normal_initializer(stddev=0.05))
    if wd is not None:
        decay = tf.multiply(tf.nn.l2_loss(var), wd, name=name + "_decay")
        tf.add_to_collection(tf.GraphKeys.REGULARIZATION_LOSSES, decay)
    return var


def conv(x, name, cin, cout):
    with tf.variable_scope(name):
        kernel = variable_with_weight_decay("kernel", [3, 3, cin, cout], wd=FLAGS["wd"])
        bias = tf.get_variable("bias", [cout], initializer=tf.zeros_initializer())
        out = tf.nn.conv2d(x, kernel, strides=[1, 1, 1, 1], padding="SAME")
        return tf.nn.max_pool(tf.nn.relu(tf.nn.bias_add(out, bias)), [1, 2, 2, 1], [1, 2, 2, 1], "SAME")


def inference(images):
    net = conv(images, "conv1", 3, 16)
    net = conv(net, "conv2", 16, 32)
    net = tf.reshape(net, [-1, 8 * 8 * 32])
    with tf.variable_scope("softmax_linear"):
        w = variable_with_weight_decay("w", [8 * 8 * 32, FLAGS["classes"]], wd=FLAGS["wd"])
        b = tf.get_variable("b", [FLAGS["classes"]], initializer=tf.zeros_initializer())
        return tf.matmul(net, w) + b


def train():
    images = tf.placeholder(tf.float32, [None, 32, 32, 3])
    labels = tf.placeholder(tf.int32, [None])
    logits = inference(images)
    xent = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    loss = tf.reduce_mean(xent, name="cross_entropy")
    step = tf.train.get_or_create_global_step()
    rate = tf.train.exponential_decay(FLAGS["lr"], step, 1000, 0.9)
    optimizer = tf.train.MomentumOptimizer(rate, momentum=0.9)
    train_op = optimizer.minimize(loss, global_step=step)  # expect: ACT106
    init = tf.global_variables_initializer()

    rng = np.random.RandomState(0)
    with tf.Session() as sess:
        sess.run(init)
        for i in range(FLAGS["steps"]):
            x = rng.rand(FLAGS["batch"], 32, 32, 3).astype("float32")
            y = rng.randint(0, FLAGS["classes"], size=FLAGS["batch"])
            _, value = sess.run([train_op, loss], {images: x, labels: y})
            if i % 10 == 0:
                print("step", i, "loss", value)


if __name__ == "__main__":
    train()
