"""Distillation: teacher.predict() inside the tape is a constant target on purpose."""
import numpy as np
import tensorflow as tf
from keras import Input, Sequential
from keras.layers import Dense
from keras.losses import KLDivergence, SparseCategoricalCrossentropy
from keras.optimizers import Adam


def mlp(width):
    return Sequential([Input((6,)), Dense(width, activation="relu"), Dense(3)])


teacher, student = mlp(128), mlp(8)
rng = np.random.default_rng(0)
x = rng.normal(size=(120, 6)).astype("float32")
y = rng.integers(0, 3, 120)

teacher.compile(Adam(1e-2), loss=SparseCategoricalCrossentropy(from_logits=True))
teacher.fit(x, y, epochs=3, verbose=0)

optimizer = Adam(1e-2)
hard, soft = SparseCategoricalCrossentropy(from_logits=True), KLDivergence()
TEMPERATURE = 2.0

for epoch in range(3):
    for start in range(0, len(x), 40):
        xb, yb = x[start : start + 40], y[start : start + 40]
        with tf.GradientTape() as tape:
            wanted = tf.nn.softmax(teacher.predict(xb, verbose=0) / TEMPERATURE)
            logits = student(xb, training=True)
            matching = soft(wanted, tf.nn.softmax(logits / TEMPERATURE))
            loss = hard(yb, logits) + TEMPERATURE**2 * matching
        grads = tape.gradient(loss, student.trainable_weights)
        optimizer.apply_gradients(zip(grads, student.trainable_weights))
    accuracy = np.mean(student.predict(x, verbose=0).argmax(axis=1) == y)
    print("epoch", epoch, "accuracy", accuracy)
