"""Multi-view autoencoder: one shared encoder, one decoder, custom loop."""
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras.layers import Dense, Input


def mlp(sizes, name):
    stack = [Input((sizes[0],))]
    stack += [Dense(width, activation="relu") for width in sizes[1:-1]]
    stack += [Dense(sizes[-1])]
    return keras.Sequential(stack, name=name)


class MultiViewAutoencoder:
    def __init__(self, n_features, n_views, n_code=4):
        self.encoder = mlp([n_features, 32, n_code], "encoder")
        self.decoder = mlp([n_code * n_views, 32, n_features * n_views], "decoder")
        self.optimizer = keras.optimizers.Adam(1e-3)

    @property
    def weights(self):
        return self.encoder.trainable_variables + self.decoder.trainable_variables

    def train_on_views(self, views):
        with tf.GradientTape() as tape:
            codes = [self.encoder.predict(view, verbose=0) for view in views]  # expect: ACT215
            joined = tf.concat(codes, axis=-1)
            rebuilt = self.decoder(joined, training=True)
            loss = tf.reduce_mean(tf.square(rebuilt - tf.concat(views, axis=-1)))
        grads = tape.gradient(loss, self.weights)
        pairs = [(g, w) for g, w in zip(grads, self.weights) if g is not None]
        self.optimizer.apply_gradients(pairs)
        return float(loss)


def main():
    rng = np.random.default_rng(0)
    views = [rng.normal(size=(64, 10)).astype("float32") for _ in range(2)]
    model = MultiViewAutoencoder(10, n_views=2)
    for epoch in range(3):
        order = rng.permutation(64)
        losses = []
        for start in range(0, 64, 32):
            idx = order[start:start + 32]
            losses.append(model.train_on_views([v[idx] for v in views]))
        print(f"epoch {epoch}: {np.mean(losses):.4f}")


if __name__ == "__main__":
    main()
