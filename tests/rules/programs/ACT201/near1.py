"""Loss factories that close over constants, a variable and a layer's weights: nothing symbolic."""
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers


def weighted_crossentropy(class_weights):
    table = tf.constant(class_weights, dtype=tf.float32)

    def loss(y_true, y_pred):
        per_sample = keras.losses.categorical_crossentropy(y_true, y_pred)
        return per_sample * tf.reduce_sum(table * y_true, axis=-1)

    return loss


def with_weight_decay(base, layer, strength):
    def loss(y_true, y_pred):
        return base(y_true, y_pred) + strength * tf.reduce_sum(tf.square(layer.kernel))

    return loss


inputs = keras.Input((8,))
hidden = layers.Dense(16, activation="relu", name="hidden")(inputs)
outputs = layers.Dense(3, activation="softmax")(hidden)
model = keras.Model(inputs, outputs)

strength = tf.Variable(1e-3, trainable=False)
base = weighted_crossentropy([1.0, 2.0, 0.5])
model.compile("adam", loss=with_weight_decay(base, model.get_layer("hidden"), strength))

x = np.random.default_rng(0).normal(size=(90, 8)).astype("float32")
y = keras.utils.to_categorical(np.arange(90) % 3, 3)
model.fit(x, y, epochs=2, verbose=0)

features = keras.Model(model.input, model.get_layer("hidden").output)
print("mean activation", float(features.predict(x, verbose=0).mean()))
