"""Lists that are fine: Python loops unroll, eager loops run, TensorArray for the graph loop."""
import tensorflow as tf
import keras

STEPS = 4


class Decoder(keras.Model):
    def __init__(self, units=16, depth=3):
        super().__init__()
        self.cell = keras.layers.GRUCell(units)
        self.stack = [keras.layers.Dense(units, activation="relu") for _ in range(depth)]
        self.out = keras.layers.Dense(1)

    @tf.function
    def unrolled(self, x):
        state = tf.zeros((tf.shape(x)[0], 16))
        outputs = []
        for frame in tf.unstack(x, axis=1):            # a Python list of tensors
            h, state = self.cell(frame, state)
            outputs.append(h)
        acts = []
        top = outputs[-1]
        for layer in self.stack:                       # Python list of layers
            top = layer(top)
            acts.append(tf.reduce_mean(tf.abs(top)))
        for k in range(STEPS):                         # Python int
            acts.append(tf.reduce_mean(tf.abs(outputs[k])))
        return self.out(top), tf.add_n(acts)

    @tf.function
    def dynamic(self, x):
        n = tf.shape(x)[1]
        buf = tf.TensorArray(tf.float32, size=n)
        state = tf.zeros((tf.shape(x)[0], 16))
        for t in tf.range(n):
            h, state = self.cell(x[:, t], state)
            parts = []                                  # lives and dies in one iteration
            parts.append(tf.reduce_mean(h))
            parts.append(tf.reduce_mean(state))
            buf = buf.write(t, tf.add_n(parts))
        return tf.reduce_mean(buf.stack())


@tf.function
def train_step(model, optimizer, x, y):
    with tf.GradientTape() as tape:
        pred, penalty = model.unrolled(x)
        loss = tf.reduce_mean(tf.square(pred - y)) + 0.01 * penalty
    variables = model.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return loss


def main():
    model = Decoder()
    model.unrolled(tf.zeros((1, STEPS, 5)))
    optimizer = keras.optimizers.Adam(1e-2)
    optimizer.build(model.trainable_variables)
    data = tf.data.Dataset.from_tensor_slices((tf.random.normal((32, STEPS, 5)), tf.zeros((32, 1)))).batch(8)
    losses = []
    for x, y in data:                                   # eager iteration
        losses.append(train_step(model, optimizer, x, y))
    print("loss", float(tf.reduce_mean(tf.stack(losses))))
    print("mean state", float(model.dynamic(tf.random.normal((2, 7, 5)))))


if __name__ == "__main__":
    main()
