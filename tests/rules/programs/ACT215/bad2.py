"""Siamese embedding: a helper function fetches the embeddings with predict_on_batch."""
import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops


def make_embedder(width):
    return keras.Sequential([
        keras.Input((width,)),
        layers.Dense(32, activation="relu"),
        layers.Dense(8),
    ])


def embed(network, *views):
    stacked = np.concatenate(views, axis=0)
    vectors = network.predict_on_batch(stacked)  # expect: ACT215
    return np.split(vectors, len(views))


def contrastive_loss(left, right, same, scorer):
    distance = ops.squeeze(scorer(ops.abs(left - right)), axis=-1)
    return ops.mean(ops.binary_crossentropy(same, distance, from_logits=True))


rng = np.random.default_rng(7)
embedder = make_embedder(10)
scorer = keras.layers.Dense(1)
scorer.build((None, 8))
optimizer = keras.optimizers.Adam(1e-3)
weights = embedder.trainable_variables + scorer.trainable_variables

for step in range(5):
    a = rng.normal(size=(16, 10)).astype("float32")
    b = rng.normal(size=(16, 10)).astype("float32")
    same = (np.sign(a[:, 0]) == np.sign(b[:, 0])).astype("float32")
    with tf.GradientTape() as tape:
        left, right = embed(embedder, a, b)
        loss = contrastive_loss(left, right, same, scorer)
    grads = tape.gradient(loss, weights)
    optimizer.apply_gradients((g, w) for g, w in zip(grads, weights) if g is not None)
    print("step", step, float(loss))
