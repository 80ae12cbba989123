"""Two-part network kept in a dict of models: the encoder is run with predict() inside the tape."""
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras.layers import Dense


class TwoPart:
    def __init__(self, width, code):
        self.nets = {
            "encoder": keras.Sequential([keras.Input((width,)), Dense(24, activation="relu"), Dense(code)]),
            "decoder": keras.Sequential([keras.Input((code,)), Dense(24, activation="relu"), Dense(width)]),
        }
        self.optimizer = keras.optimizers.Adam(1e-3)
        self.mse = keras.losses.MeanSquaredError()

    def variables(self):
        return [v for net in self.nets.values() for v in net.trainable_variables]

    def train_on_batch(self, batch):
        variables = self.variables()
        with tf.GradientTape() as tape:
            code = self.nets["encoder"].predict(batch, verbose=0)  # expect: ACT215
            restored = self.nets["decoder"](code, training=True)
            loss = self.mse(batch, restored)
        grads = tape.gradient(loss, variables)
        pairs = [(g, v) for g, v in zip(grads, variables) if g is not None]
        self.optimizer.apply_gradients(pairs)
        return float(loss)


def main():
    data = np.random.default_rng(0).normal(size=(96, 12)).astype("float32")
    model = TwoPart(width=12, code=3)
    for epoch in range(2):
        losses = [model.train_on_batch(data[i : i + 32]) for i in range(0, len(data), 32)]
        print("epoch %d: %.4f" % (epoch, np.mean(losses)))


if __name__ == "__main__":
    main()
