"""Feature matching in TensorFlow: the hidden layer is compared with its own stopped copy."""
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import Input, Model, layers


def network(hidden, name):
    image = Input((10,))
    feature = layers.Dense(hidden, activation="relu", name="feature")(image)
    return Model(image, [layers.Dense(4)(feature), feature], name=name)


def match(features, references):
    return tf.reduce_mean(tf.square(features - references))


student, teacher = network(16, "student"), network(16, "teacher")
teacher.trainable = False
ce = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
mse = keras.losses.MeanSquaredError()
optimizer = keras.optimizers.Adam(1e-3)


@tf.function
def train_step(x, y, weight=0.5):
    with tf.GradientTape() as tape:
        wanted_logits, _ = teacher(x, training=False)
        logits, feature = student(x, training=True)
        reference = tf.stop_gradient(feature)
        hint = mse(reference, feature)  # expect: ACT407
        logit_term = match(logits, wanted_logits)
        loss = ce(y, logits) + 0.1 * logit_term + weight * hint
    grads = tape.gradient(loss, student.trainable_variables)
    optimizer.apply_gradients(zip(grads, student.trainable_variables))
    return loss, hint


x = tf.random.normal((128, 10))
y = tf.random.uniform((128,), 0, 4, tf.int32)
dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(32)
for epoch in range(2):
    for xb, yb in dataset:
        loss, hint = train_step(xb, yb)
    print("epoch", epoch, "loss", float(loss), "hint", float(hint))
