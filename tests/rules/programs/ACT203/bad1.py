"""The features are made by the caller, the tape is opened by the callee."""
import tensorflow as tf
from tensorflow import keras

encoder = keras.Sequential([
    keras.Input((28, 28, 1)),
    keras.layers.Conv2D(8, 3, strides=2, activation="relu"),
    keras.layers.Flatten(),
    keras.layers.Dense(32, activation="relu"),
])
classifier = keras.Sequential([keras.Input((32,)), keras.layers.Dense(10)])
loss_object = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = keras.optimizers.Adam()
mean_loss = keras.metrics.Mean()


def update(features, labels):
    params = encoder.trainable_variables + classifier.trainable_variables
    with tf.GradientTape() as tape:
        logits = classifier(features, training=True)
        loss = loss_object(labels, logits)
    grads = tape.gradient(loss, params)
    optimizer.apply_gradients(zip(grads, params))
    return loss


def train_epoch(dataset):
    mean_loss.reset_state()
    for images, labels in dataset:
        features = encoder(images, training=True)  # expect: ACT203
        mean_loss.update_state(update(features, labels))
    return float(mean_loss.result())


images = tf.random.uniform((128, 28, 28, 1))
labels = tf.random.uniform((128,), 0, 10, dtype=tf.int32)
dataset = tf.data.Dataset.from_tensor_slices((images, labels)).batch(32)
for epoch in range(2):
    print("epoch", epoch, "loss", train_epoch(dataset))
