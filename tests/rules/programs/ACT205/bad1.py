"""Attention classifier; a callback logs the attention map after every epoch."""
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers


class AttentionPool(layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.project = layers.Dense(units, activation="tanh")
        self.score = layers.Dense(1, use_bias=False)
        self.weights_map = None

    def call(self, tokens):
        scores = self.score(self.project(tokens))
        attention = tf.nn.softmax(scores, axis=1)
        self.weights_map = attention  # expect: ACT205
        return tf.reduce_sum(attention * tokens, axis=1)


class Classifier(keras.Model):
    def __init__(self, classes):
        super().__init__()
        self.embed = layers.Embedding(50, 16)
        self.pool = AttentionPool(8)
        self.out = layers.Dense(classes, activation="softmax")

    def call(self, ids):
        return self.out(self.pool(self.embed(ids)))


class LogAttention(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        attention = self.model.pool.weights_map
        peak = tf.reduce_max(attention, axis=1)
        print(f"epoch {epoch}: mean peak {float(tf.reduce_mean(peak)):.3f}")


def main():
    ids = np.random.randint(0, 50, (64, 10))
    labels = np.random.randint(0, 3, 64)
    model = Classifier(3)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(ids, labels, epochs=2, batch_size=16, verbose=0, callbacks=[LogAttention()])


if __name__ == "__main__":
    main()
