# %% ResNet-ish model built from a partial that carries the weight decay
from functools import partial

import tensorflow as tf
from keras import Input, Model
from keras.layers import Add, Conv2D, Dense, GlobalAveragePooling2D, ReLU
from keras.losses import SparseCategoricalCrossentropy
from keras.optimizers import SGD
from keras.regularizers import l2

Conv = partial(Conv2D, kernel_size=3, padding="same", use_bias=False, kernel_regularizer=l2(5e-4))


def residual(x, filters):
    y = Conv(filters)(ReLU()(x))
    y = Conv(filters)(ReLU()(y))
    return Add()([x, y])


def build(classes=10):
    image = Input((16, 16, 3))
    x = Conv(8)(image)
    for _ in range(2):
        x = residual(x, 8)
    return Model(image, Dense(classes)(GlobalAveragePooling2D()(x)))


# %% custom loop
model = build()
optimizer = SGD(0.1, momentum=0.9)
cross_entropy = SparseCategoricalCrossentropy(from_logits=True)


@tf.function
def train_on(images, labels):
    with tf.GradientTape() as tape:
        logits = model(images, training=True)
        loss = cross_entropy(labels, logits)
    variables = model.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))  # expect: ACT209
    return loss


# %% run
images = tf.random.uniform((64, 16, 16, 3))
labels = tf.random.uniform((64,), 0, 10, tf.int32)
for xb, yb in tf.data.Dataset.from_tensor_slices((images, labels)).batch(16):
    print("loss", float(train_on(xb, yb)))
