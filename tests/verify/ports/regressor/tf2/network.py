import tensorflow as tf


class Regressor(tf.Module):
    def __init__(self, sizes, penalty):
        super().__init__()
        self.penalty = penalty
        self.kernels = [tf.Variable(tf.random.normal([a, b], stddev=0.3)) for a, b in zip(sizes, sizes[1:])]
        self.biases = [tf.Variable(tf.zeros([b])) for b in sizes[1:]]
        self.optimizer = tf.keras.optimizers.Adam(epsilon=1e-8)

    def forward(self, x):
        hidden = []
        for kernel, bias in zip(self.kernels[:-1], self.biases[:-1]):
            x = tf.sigmoid(x @ kernel + bias)
            hidden.append(x)
        return x @ self.kernels[-1] + self.biases[-1], hidden

    @tf.function
    def train_step(self, x, y, rate):
        self.optimizer.learning_rate.assign(rate)
        with tf.GradientTape() as tape:
            out, hidden = self.forward(x)
            fit = tf.reduce_mean(tf.square(out - y))
            penalty = self.penalty * tf.add_n([tf.reduce_mean(tf.abs(h)) for h in hidden])
            loss = fit + penalty
        variables = self.kernels + self.biases
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        return fit, penalty

    @tf.function
    def predict(self, x):
        return self.forward(x)[0]
