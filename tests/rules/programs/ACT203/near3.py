"""Double DQN on top of a frozen encoder: several forward passes outside the tape, all on purpose."""
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

GAMMA = 0.99


def q_head(actions):
    return keras.Sequential([keras.Input((16,)), layers.Dense(32, activation="relu"), layers.Dense(actions)])


encoder = keras.Sequential([keras.Input((6,)), layers.Dense(16, activation="tanh")])
encoder.trainable = False
online, target = q_head(3), q_head(3)
target.set_weights(online.get_weights())
optimizer = keras.optimizers.Adam(1e-3)


@tf.function
def update(states, actions, rewards, next_states):
    features = encoder(states, training=False)
    next_features = encoder(next_states, training=False)
    best = tf.argmax(online(next_features, training=False), axis=1)
    next_q = tf.gather(target(next_features, training=False), best, axis=1, batch_dims=1)
    returns = rewards + GAMMA * next_q
    with tf.GradientTape() as tape:
        q_values = online(features, training=True)
        chosen = tf.gather(q_values, actions, axis=1, batch_dims=1)
        loss = tf.reduce_mean(tf.square(returns - chosen))
    grads = tape.gradient(loss, online.trainable_variables)
    optimizer.apply_gradients(zip(grads, online.trainable_variables))
    return loss


def evaluate(states):
    q_values = online(encoder(states, training=False), training=False)
    return float(tf.reduce_mean(tf.reduce_max(q_values, axis=1)))


rng = np.random.default_rng(0)
for step in range(20):
    s, s2 = rng.normal(size=(2, 32, 6)).astype("float32")
    a = rng.integers(0, 3, 32).astype("int32")
    r = rng.normal(size=32).astype("float32")
    loss = update(tf.constant(s), tf.constant(a), tf.constant(r), tf.constant(s2))
    if step % 10 == 0:
        target.set_weights(online.get_weights())
        print(step, float(loss), evaluate(s))
