"""Subclassed model, own train_step: the kernel regularisers of its layers never reach the loss."""
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers, regularizers


class Classifier(keras.Model):
    def __init__(self, classes, weight_decay=1e-3, **kwargs):
        super().__init__(**kwargs)
        decay = regularizers.L2(weight_decay)
        self.hidden = [layers.Dense(32, activation="relu", kernel_regularizer=decay) for _ in range(2)]
        self.out = layers.Dense(classes)
        self.ce = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.loss_tracker = keras.metrics.Mean(name="loss")

    @property
    def metrics(self):
        return [self.loss_tracker]

    def call(self, x):
        for layer in self.hidden:
            x = layer(x)
        return self.out(x)

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = self.ce(y, self(x, training=True))
        grads = tape.gradient(loss, self.trainable_variables)  # expect: ACT209
        self.optimizer.apply_gradients(zip(grads, self.trainable_variables))
        self.loss_tracker.update_state(loss)
        return {m.name: m.result() for m in self.metrics}


rng = np.random.default_rng(0)
x = rng.normal(size=(256, 10)).astype("float32")
y = rng.integers(0, 4, 256)
model = Classifier(4)
model.compile(optimizer=keras.optimizers.Adam(1e-3))
model.fit(x, y, batch_size=32, epochs=2, verbose=2)
