"""DQN: the target network is asked with predict_on_batch, only the online network is trained."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

STATES, ACTIONS, GAMMA = 4, 2, 0.99


def q_network():
    return keras.Sequential([
        keras.Input((STATES,)),
        keras.layers.Dense(24, activation="relu"),
        keras.layers.Dense(ACTIONS),
    ])


class Agent:
    def __init__(self):
        self.online = q_network()
        self.target = q_network()
        self.sync()
        self.optimizer = keras.optimizers.Adam(1e-3)
        self.huber = keras.losses.Huber()

    def sync(self):
        self.target.set_weights(self.online.get_weights())

    def act(self, state, epsilon, rng):
        if rng.random() < epsilon:
            return int(rng.integers(ACTIONS))
        return int(np.argmax(self.online.predict_on_batch(state[None])[0]))

    def learn(self, states, actions, rewards, next_states):
        with tf.GradientTape() as tape:
            following = self.target.predict_on_batch(next_states).max(axis=1)
            wanted = (rewards + GAMMA * following).astype("float32")
            values = tf.reduce_sum(self.online(states, training=True) * tf.one_hot(actions, ACTIONS), axis=1)
            loss = self.huber(wanted, values)
        weights = self.online.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
        return float(loss)


rng = np.random.default_rng(0)
agent = Agent()
for episode in range(4):
    states = rng.normal(size=(32, STATES)).astype("float32")
    actions = np.array([agent.act(s, 0.9, rng) for s in states])
    print(agent.learn(states, actions, rng.random(32).astype("float32"), states + 0.1))
    agent.sync()
