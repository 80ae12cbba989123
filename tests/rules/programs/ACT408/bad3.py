"""Count-based sparsity in a custom TF2 loop: few active code units per sample are wanted."""
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers


class CodeModel(keras.Model):
    def __init__(self, code=24, outputs=12):
        super().__init__()
        self.encoder = keras.Sequential([layers.Dense(48, activation="relu"),
                                         layers.Dense(code, activation="sigmoid")])
        self.decoder = keras.Sequential([layers.Dense(48, activation="relu"), layers.Dense(outputs)])

    def call(self, x):
        code = self.encoder(x)
        return code, self.decoder(code)


class SparseTrainer:
    def __init__(self, model, weight=0.2, learning_rate=1e-3):
        self.model = model
        self.weight = weight
        self.optimizer = keras.optimizers.Adam(learning_rate)
        self.mse = keras.losses.MeanSquaredError()

    @tf.function
    def train_step(self, x):
        with tf.GradientTape() as tape:
            code, recon = self.model(x, training=True)
            base = self.mse(x, recon)
            active = tf.reduce_mean(tf.cast(tf.greater(code, 0.1), tf.float32))  # expect: ACT408
            loss = base + self.weight * active
        variables = self.model.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        return {"loss": loss, "active": active}

    def fit(self, dataset, epochs):
        for epoch in range(epochs):
            for batch in dataset:
                logs = self.train_step(batch)
            print(epoch, {name: float(value) for name, value in logs.items()})


def main():
    keras.utils.set_random_seed(0)
    data = tf.random.normal((512, 12))
    dataset = tf.data.Dataset.from_tensor_slices(data).shuffle(512).batch(64)
    SparseTrainer(CodeModel()).fit(dataset, epochs=3)


if __name__ == "__main__":
    main()
