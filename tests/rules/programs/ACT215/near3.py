"""predict() near a tape where numpy is wanted, and a predict() that is no Keras predict."""
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers


def mlp(n_in, n_out):
    return keras.Sequential([keras.Input((n_in,)), layers.Dense(16, activation="relu"), layers.Dense(n_out)])


class LinearDynamics(tf.Module):
    """A plain tf.Module; its predict() is an ordinary differentiable computation."""

    def __init__(self, size):
        super().__init__()
        self.transition = tf.Variable(tf.eye(size))

    def predict(self, states):
        return tf.matmul(states, self.transition)


class Agent:
    def __init__(self):
        self.online, self.target = mlp(4, 2), mlp(4, 2)
        self.target.set_weights(self.online.get_weights())
        self.dynamics = LinearDynamics(4)
        self.optimizer = keras.optimizers.Adam(1e-3)
        self.dynamics_optimizer = keras.optimizers.SGD(1e-2)

    def learn_q(self, states, actions, rewards, next_states):
        with tf.GradientTape() as tape:
            future = self.target.predict_on_batch(next_states).max(axis=1)
            goal = rewards + 0.95 * future
            q = tf.gather(self.online(states, training=True), actions, axis=1, batch_dims=1)
            loss = tf.reduce_mean(tf.square(goal - q))
        grads = tape.gradient(loss, self.online.trainable_variables)
        self.optimizer.apply_gradients(zip(grads, self.online.trainable_variables))
        return float(loss)

    def learn_dynamics(self, states, next_states):
        with tf.GradientTape() as tape:
            error = self.dynamics.predict(states) - next_states
            loss = tf.reduce_mean(tf.square(error))
        grads = tape.gradient(loss, self.dynamics.trainable_variables)
        self.dynamics_optimizer.apply_gradients(zip(grads, self.dynamics.trainable_variables))
        return float(loss)

    def act(self, state):
        return int(np.argmax(self.online.predict(state[None], verbose=0)[0]))


agent = Agent()
rng = np.random.default_rng(0)
for step in range(5):
    s, s2 = rng.normal(size=(2, 16, 4)).astype("float32")
    a = rng.integers(0, 2, 16).astype("int32")
    print(agent.learn_q(s, a, rng.normal(size=16).astype("float32"), s2), agent.learn_dynamics(s, s2))
print(agent.act(s[0]))
