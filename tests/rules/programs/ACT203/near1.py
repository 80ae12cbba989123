"""Linear probe on a frozen backbone: features outside the tape on purpose."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

backbone = keras.Sequential([
    keras.Input((16,)),
    keras.layers.Dense(64, activation="relu"),
    keras.layers.Dense(32, activation="relu"),
])
backbone.trainable = False
probe = keras.layers.Dense(3)
probe.build((None, 32))

optimizer = keras.optimizers.Adam(1e-2)
criterion = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


@tf.function
def train_step(x, y):
    features = backbone(x, training=False)
    with tf.GradientTape() as tape:
        logits = probe(features)
        loss = criterion(y, logits)
    grads = tape.gradient(loss, probe.trainable_variables)
    optimizer.apply_gradients(zip(grads, probe.trainable_variables))
    return loss


x = np.random.default_rng(0).normal(size=(300, 16)).astype("float32")
y = np.random.default_rng(1).integers(0, 3, 300)
for xb, yb in tf.data.Dataset.from_tensor_slices((x, y)).batch(50).repeat(2):
    loss = train_step(xb, yb)
print("probe loss", float(loss))
