"""State that is written in a traced call and may be: same-step reads, variables, Python facts."""
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers


class SparseClassifier(keras.Model):
    def __init__(self, lam=0.01):
        super().__init__()
        self.lam = lam
        self.encoder = layers.Dense(16, activation="relu")
        self.head = layers.Dense(3)
        self.mean_activation = tf.Variable(0.0, trainable=False)
        self.code = None
        self.width = None

    def call(self, x):
        self.width = x.shape[-1]
        self.code = self.encoder(x)
        self.mean_activation.assign(tf.reduce_mean(self.code))
        return self.head(self.code)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        base = super().compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight)
        return base + self.lam * tf.reduce_mean(tf.abs(self.code))


class LogActivation(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        print(epoch, self.model.width, float(self.model.mean_activation))


@tf.function
def rollout(cell, inputs, state):
    steps = tf.shape(inputs)[1]
    states = tf.TensorArray(tf.float32, size=steps)
    for t in tf.range(steps):
        state = tf.tanh(cell(tf.concat([inputs[:, t], state], axis=1)))
        states = states.write(t, state)
    return state, states.stack()


x = np.random.rand(64, 6).astype("float32")
y = np.random.randint(0, 3, 64)
model = SparseClassifier()
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(x, y, epochs=2, batch_size=16, verbose=0, callbacks=[LogActivation()])
print("after fit", model.width, model.mean_activation.numpy())

cell = layers.Dense(5)
last, trace = rollout(cell, tf.random.normal((2, 7, 3)), tf.zeros((2, 5)))
print(trace.shape, float(tf.reduce_mean(trace)), float(tf.reduce_mean(last)))
