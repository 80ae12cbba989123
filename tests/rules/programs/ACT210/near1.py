"""Keras calls without a visible training=True keyword that are all right."""
import functools

import numpy as np
import tensorflow as tf
import keras
from keras import layers


def make_backbone():
    inp = keras.Input((12,))
    x = layers.Dense(32)(inp)
    x = layers.BatchNormalization()(x)
    x = layers.Dropout(0.3)(layers.ReLU()(x))
    return keras.Model(inp, x, name="backbone")


backbone = make_backbone()
backbone.trainable = False                                  # fine-tuning: statistics stay frozen
noisy = make_backbone()
head = keras.Sequential([keras.Input((32,)), layers.Dense(16, activation="relu"), layers.Dense(2)])
mse = keras.losses.MeanSquaredError()
xent = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
opt_head, opt_noisy = keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3)
train_call = functools.partial(noisy, training=True)


@tf.function
def head_step(x, y):
    with tf.GradientTape() as tape:
        feats = backbone(x, training=False)                 # explicit: frozen BN
        loss = xent(y, head(feats))                         # head has neither BN nor dropout
    grads = tape.gradient(loss, head.trainable_variables)
    opt_head.apply_gradients(zip(grads, head.trainable_variables))
    return loss


@tf.function
def noisy_step(x, target):
    kwargs = {"training": True}
    with tf.GradientTape() as tape:
        loss = mse(target, train_call(x)) + mse(target, noisy(x[:, ::-1], **kwargs))
    grads = tape.gradient(loss, noisy.trainable_variables)
    opt_noisy.apply_gradients(zip(grads, noisy.trainable_variables))
    return loss


def saliency(x):
    """Inference: gradients with respect to the input, nothing is applied."""
    x = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        score = tf.reduce_sum(tf.reduce_max(head(noisy(x)), axis=-1))
    return tf.abs(tape.gradient(score, x))


def main():
    x = np.random.randn(64, 12).astype("float32")
    y = (x[:, 0] > 0).astype("int32")
    for step in range(5):
        target = backbone(x)                                # outside any tape: inference
        print(step, float(head_step(x, y)), float(noisy_step(x, target)))
    print(saliency(x).shape)


if __name__ == "__main__":
    main()
