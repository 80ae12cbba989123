"""Two-part classifier with a custom training step."""
import numpy as np
import tensorflow as tf
from tensorflow.keras import Sequential, layers, losses, metrics, optimizers


class TwoStageTrainer:
    def __init__(self, encoder, classifier, lr=1e-3):
        self.encoder = encoder
        self.classifier = classifier
        self.opt = optimizers.Adam(lr)
        self.xent = losses.SparseCategoricalCrossentropy(from_logits=True)
        self.accuracy = metrics.SparseCategoricalAccuracy()

    def step(self, images, labels):
        features = self.encoder(images, training=True)  # expect: ACT203
        with tf.GradientTape() as tape:
            logits = self.classifier(features, training=True)
            loss = self.xent(labels, logits) + 1e-3 * tf.reduce_mean(tf.square(features))
        weights = self.encoder.trainable_variables + self.classifier.trainable_variables
        grads = tape.gradient(loss, weights)
        self.opt.apply_gradients(zip(grads, weights))
        self.accuracy.update_state(labels, logits)
        return loss

    def fit(self, dataset, epochs):
        for epoch in range(epochs):
            self.accuracy.reset_state()
            values = [float(self.step(x, y)) for x, y in dataset]
            print(f"epoch {epoch}: loss {np.mean(values):.3f} acc {float(self.accuracy.result()):.3f}")


def make_encoder():
    return Sequential([layers.Conv2D(8, 3, activation="relu"), layers.GlobalAveragePooling2D(), layers.Dense(16)])


def make_classifier(classes):
    return Sequential([layers.Dense(16, activation="relu"), layers.Dropout(0.2), layers.Dense(classes)])


if __name__ == "__main__":
    images = np.random.rand(64, 12, 12, 3).astype("float32")
    labels = np.random.randint(0, 3, 64)
    data = tf.data.Dataset.from_tensor_slices((images, labels)).batch(16)
    TwoStageTrainer(make_encoder(), make_classifier(3)).fit(data, epochs=2)
