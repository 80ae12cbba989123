"""Eager training loop with an L1 penalty on every hidden layer of an MLP."""
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers


class MLP(keras.Model):
    def __init__(self, widths, classes):
        super().__init__()
        self.hidden = [layers.Dense(w, activation="gelu") for w in widths]
        self.out = layers.Dense(classes)

    def call(self, x):
        feats = []
        for layer in self.hidden:
            x = layer(x)
            feats.append(x)
        return self.out(x), feats


class Trainer:
    def __init__(self, model, l1=1e-2):
        self.model = model
        self.l1 = l1
        self.optimizer = keras.optimizers.Adam(1e-3)
        self.criterion = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def step(self, x, y):
        with tf.GradientTape() as tape:
            logits, feats = self.model(x)
            ce = self.criterion(y, logits)
            l1 = sum(float(tf.reduce_mean(tf.abs(f))) for f in feats)  # expect: ACT204
            loss = ce + self.l1 * l1
        variables = self.model.trainable_variables
        grads = tape.gradient(loss, variables)
        self.optimizer.apply_gradients(zip(grads, variables))
        return loss

    def fit(self, dataset, epochs):
        for epoch in range(epochs):
            mean = keras.metrics.Mean()
            for x, y in dataset:
                mean.update_state(self.step(x, y))
            print("epoch", epoch, "loss", float(mean.result()))


if __name__ == "__main__":
    keras.utils.set_random_seed(1)
    x = tf.random.normal((256, 20))
    y = tf.cast(x[:, 0] > 0, tf.int32)
    ds = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(256).batch(32)
    Trainer(MLP([64, 32], classes=2)).fit(ds, epochs=2)
