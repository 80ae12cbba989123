# %% dense network with a squared-activation cost on a list of hidden layers
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers


class Net(keras.Model):
    def __init__(self, widths):
        super().__init__()
        self.blocks = [layers.Dense(w, activation="tanh") for w in widths]
        self.readout = layers.Dense(1)

    def call(self, x):
        activations = []
        for block in self.blocks:
            x = block(x)
            activations.append(x)
        return self.readout(x), activations


# %% training set
x = tf.random.normal((240, 8), seed=3)
y = tf.reduce_mean(tf.sin(x), axis=1, keepdims=True)
batches = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(240).batch(60)

# %% loop
net = Net([32, 16])
optimizer = keras.optimizers.Adam(3e-3)
mse = keras.losses.MeanSquaredError()
COST = 1e-4


@tf.function
def update(xb, yb):
    with tf.GradientTape() as tape:
        prediction, hidden = net(xb)
        energy = tf.add_n([tf.reduce_sum(tf.square(h)) for h in hidden])  # expect: ACT401
        loss = mse(yb, prediction) + COST * energy
    weights = net.trainable_weights
    optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
    return loss


for epoch in range(3):
    for xb, yb in batches:
        loss = update(xb, yb)
    print("epoch", epoch, "loss", float(loss))
