"""`np` here is TensorFlow's own differentiable numpy."""
import numpy as onp
import tensorflow as tf
from tensorflow.experimental import numpy as np
from tensorflow.keras.layers import Dense
from tensorflow.keras.optimizers import Adam

hidden_layer = Dense(12, activation="tanh")
output_layer = Dense(1)
optimizer = Adam(1e-2)


def sparsity(activation, weight=0.05):
    return weight * np.mean(np.abs(activation))


def compute(x, y):
    hidden = hidden_layer(x)
    residual = output_layer(hidden) - y
    return np.mean(np.square(residual)) + sparsity(hidden)


rng = onp.random.default_rng(3)
x_all = rng.normal(size=(128, 6)).astype("float32")
y_all = x_all[:, :1] - 0.5 * x_all[:, 1:2]

curve = []
for epoch in range(10):
    with tf.GradientTape() as tape:
        loss = compute(tf.constant(x_all), tf.constant(y_all))
    variables = hidden_layer.trainable_variables + output_layer.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    curve.append(float(loss))

smooth = onp.convolve(curve, onp.ones(3) / 3.0, mode="valid")
print("smoothed loss:", smooth[-1])
