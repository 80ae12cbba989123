"""Multi-label net as a function: the last dense layer already has activation=tf.sigmoid."""
import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.compat.v1.layers import dense, dropout
from tensorflow.compat.v1.nn import sigmoid_cross_entropy_with_logits as bce

tf.disable_v2_behavior()


def classifier(features, tags, is_training):
    net = dense(features, 32, activation=tf.nn.relu)
    net = dropout(net, rate=0.2, training=is_training)
    net = dense(net, tags, activation=tf.sigmoid)
    return {"scores": net, "predictions": tf.cast(tf.greater(net, 0.5), tf.int32)}


def build_graph(width, tags):
    graph = {
        "x": tf.placeholder(tf.float32, [None, width]),
        "y": tf.placeholder(tf.float32, [None, tags]),
        "training": tf.placeholder_with_default(False, []),
    }
    outputs = classifier(graph["x"], tags, graph["training"])
    graph["loss"] = tf.reduce_mean(bce(labels=graph["y"], logits=outputs["scores"]))  # expect: ACT108
    graph["predictions"] = outputs["predictions"]
    graph["train"] = tf.train.AdamOptimizer(1e-3).minimize(graph["loss"])
    return graph


rng = np.random.RandomState(0)
X = rng.randn(64, 15).astype("float32")
Y = (X[:, :5] > 0).astype("float32")
g = build_graph(15, 5)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for epoch in range(10):
        _, loss = sess.run([g["train"], g["loss"]], {g["x"]: X, g["y"]: Y, g["training"]: True})
    predictions = sess.run(g["predictions"], {g["x"]: X})
print("loss %.4f accuracy %.2f" % (loss, np.mean(predictions == Y)))
