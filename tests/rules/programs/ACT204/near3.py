import numpy as np
import tensorflow as tf
import tensorflow.experimental.numpy as tnp
from tensorflow import keras


class Net(keras.Model):
    def __init__(self, classes=3):
        super().__init__()
        self.h = keras.layers.Dense(32, activation="relu")
        self.o = keras.layers.Dense(classes)

    def call(self, x):
        hidden = self.h(x)
        return hidden, self.o(hidden)


def class_weights(labels, classes=3):
    counts = np.bincount(labels, minlength=classes).astype("float32")
    return (counts.sum() / (classes * np.maximum(counts, 1.0))).astype("float32")


def main():
    keras.utils.set_random_seed(0)
    model = Net()
    optimizer = keras.optimizers.SGD(0.05)
    xent = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="none")
    X = np.random.randn(120, 6).astype("float32")
    Y = np.random.randint(0, 3, size=120)
    history = {"loss": [], "active": [], "mean_abs": []}

    for epoch in range(3):
        for i in range(0, 120, 30):
            xb, yb = X[i:i + 30], Y[i:i + 30]
            with tf.GradientTape() as tape:
                hidden, logits = model(tf.constant((xb - np.mean(xb)) / np.std(xb)))
                weights = tf.constant(class_weights(yb)[yb])        # numpy on labels only
                base = tf.reduce_mean(weights * xent(yb, logits))
                penalty = tf.constant(0.01) * tnp.mean(tnp.abs(hidden))   # tf.experimental.numpy records
                loss = base + penalty
                # host copies for the log, not for the loss
                history["active"].append(float(tf.reduce_mean(tf.cast(hidden > 0, tf.float32))))
                history["mean_abs"].append(np.mean(np.abs(hidden.numpy())))
            grads = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(grads, model.trainable_variables))
            history["loss"].append(loss.numpy().item())
        print(epoch, {k: round(float(np.mean(v[-4:])), 4) for k, v in history.items()})


if __name__ == "__main__":
    main()
