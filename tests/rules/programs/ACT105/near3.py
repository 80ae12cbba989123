"""Fine-tuning: frozen stem normalisation, in-place updates in the new head."""
import numpy as np
import tensorflow as tf
from tensorflow.contrib.framework import arg_scope
from tensorflow.contrib.layers import batch_norm, fully_connected


def frozen_stem(images):
    net = tf.layers.conv2d(images, 8, 3, activation=None, trainable=False, name="stem")
    net = tf.layers.batch_normalization(net, training=False, trainable=False, name="stem_bn")
    return tf.reduce_mean(tf.nn.relu(net), axis=[1, 2])


def head(features, is_training):
    params = {"is_training": is_training, "updates_collections": None, "decay": 0.95}
    with arg_scope([fully_connected], normalizer_fn=batch_norm, normalizer_params=params):
        net = fully_connected(features, 32, scope="fc1")
        net = fully_connected(net, 16, scope="fc2")
    net = batch_norm(net, is_training=is_training, updates_collections=None, scope="last_bn")
    return fully_connected(net, 3, activation_fn=None, scope="logits")


images = tf.placeholder(tf.float32, [None, 10, 10, 3])
labels = tf.placeholder(tf.int32, [None])
is_training = tf.placeholder_with_default(False, [])
logits = head(frozen_stem(images), is_training)
loss = tf.reduce_mean(
    tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
)
new_vars = [v for v in tf.trainable_variables() if not v.name.startswith("stem")]
train_op = tf.train.AdamOptimizer(1e-3).minimize(loss, var_list=new_vars)

x = np.random.rand(48, 10, 10, 3).astype("float32")
y = np.random.randint(0, 3, 48)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(10):
        _, value = sess.run([train_op, loss], {images: x, labels: y, is_training: True})
    print("train %.3f" % value)
    print("eval %.3f" % sess.run(loss, {images: x, labels: y}))
