# %% multi-output classifier with a penalty on every hidden layer
import tensorflow as tf
from keras import Input, Model
from keras.layers import Dense
from keras.losses import SparseCategoricalCrossentropy
from keras.optimizers import SGD

# %% data
x_train = tf.random.normal((512, 20), seed=1)
y_train = tf.cast(tf.reduce_sum(x_train, axis=1) > 0, tf.int32)
train_ds = tf.data.Dataset.from_tensor_slices((x_train, y_train)).shuffle(512).batch(128)

# %% model that returns its hidden layers too
inputs = Input((20,))
h1 = Dense(64, activation="relu")(inputs)
h2 = Dense(32, activation="relu")(h1)
logits = Dense(2)(h2)
net = Model(inputs, [logits, h1, h2])

# %% training
criterion = SparseCategoricalCrossentropy(from_logits=True)
opt = SGD(0.05)
LAMBDA = 0.001

for epoch in range(3):
    for xb, yb in train_ds:
        with tf.GradientTape() as tape:
            out, *hidden = net(xb, training=True)
            ce = criterion(yb, out)
            penalties = [float(tf.reduce_mean(tf.abs(a))) for a in hidden]  # expect: ACT204
            loss = ce + LAMBDA * sum(penalties)
        grads = tape.gradient(loss, net.trainable_variables)
        opt.apply_gradients(zip(grads, net.trainable_variables))
    tf.print("epoch", epoch, "loss", loss)
