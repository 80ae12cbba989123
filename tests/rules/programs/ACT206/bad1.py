"""One tf.function per epoch: the dataset is consumed inside the graph."""
import tensorflow as tf
import keras


class EpochRunner(tf.Module):
    def __init__(self, model, optimizer):
        super().__init__()
        self.model = model
        self.optimizer = optimizer
        self.criterion = keras.losses.MeanSquaredError()

    @tf.function(reduce_retracing=True)
    def run_epoch(self, dataset):
        losses = []
        for features, target in dataset:
            with tf.GradientTape() as tape:
                pred = self.model(features, training=True)
                loss = self.criterion(target, pred)
            grads = tape.gradient(loss, self.model.trainable_variables)
            self.optimizer.apply_gradients(zip(grads, self.model.trainable_variables))
            losses.append(loss)  # expect: ACT206
        return tf.reduce_mean(tf.stack(losses))


def build_model():
    model = keras.Sequential([
        keras.Input((8,)),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(1),
    ])
    return model


def main():
    keras.utils.set_random_seed(0)
    x = tf.random.normal((256, 8))
    y = tf.reduce_sum(x, axis=1, keepdims=True)
    train = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(256).batch(32)
    model = build_model()
    optimizer = keras.optimizers.Adam(1e-2)
    optimizer.build(model.trainable_variables)
    runner = EpochRunner(model, optimizer)
    for epoch in range(5):
        print("epoch", epoch, "loss", float(runner.run_epoch(train)))


if __name__ == "__main__":
    main()
