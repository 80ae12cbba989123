"""GAN discriminator step: the fakes are made before the tape, only the critic's weights are updated there."""
import tensorflow as tf
from keras import Input, Sequential
from keras.layers import Dense, LeakyReLU
from keras.losses import BinaryCrossentropy
from keras.optimizers import Adam

generator = Sequential([Input((8,)), Dense(32), LeakyReLU(), Dense(2)])
discriminator = Sequential([Input((2,)), Dense(32), LeakyReLU(), Dense(1)])
g_opt, d_opt = Adam(1e-3), Adam(1e-3)
bce = BinaryCrossentropy(from_logits=True)

generator(tf.zeros((1, 8)))  # builds the variables
discriminator(tf.zeros((1, 2)))


def discriminator_step(real):
    fake = generator(tf.random.normal((len(real), 8)))
    with tf.GradientTape() as tape:
        real_score = discriminator(real)
        fake_score = discriminator(fake)
        loss = bce(tf.ones_like(real_score), real_score) + bce(tf.zeros_like(fake_score), fake_score)
    weights = discriminator.trainable_weights
    d_opt.apply_gradients(zip(tape.gradient(loss, weights), weights))
    return loss


def generator_step(n):
    with tf.GradientTape() as tape:
        score = discriminator(generator(tf.random.normal((n, 8))))
        loss = bce(tf.ones_like(score), score)
    weights = generator.trainable_weights
    g_opt.apply_gradients(zip(tape.gradient(loss, weights), weights))
    return loss


for step in range(20):
    batch = tf.random.normal((64, 2)) * 0.3 + 2.0
    d_loss = discriminator_step(batch)
    g_loss = generator_step(64)
print("d %.3f g %.3f" % (float(d_loss), float(g_loss)))
