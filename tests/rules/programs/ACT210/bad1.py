import numpy as np
import tensorflow as tf
from tensorflow.keras import Input, Model, layers as L, losses, metrics, optimizers


def residual(x, filters):
    y = L.Conv2D(filters, 3, padding="same", use_bias=False)(x)
    y = L.BatchNormalization()(y)
    y = L.ReLU()(y)
    y = L.Conv2D(filters, 3, padding="same", use_bias=False)(y)
    y = L.BatchNormalization()(y)
    if x.shape[-1] != filters:
        x = L.Conv2D(filters, 1)(x)
    return L.ReLU()(L.Add()([x, y]))


def build_resnet(classes):
    inputs = Input((16, 16, 3))
    x = inputs
    for filters in (8, 16):
        x = residual(x, filters)
        x = L.MaxPooling2D()(x)
    x = L.GlobalAveragePooling2D()(x)
    return Model(inputs, L.Dense(classes)(x), name="tiny_resnet")


def make_train_step(net, optimizer, loss_fn, tracker):
    @tf.function
    def step(images, labels):
        with tf.GradientTape() as tape:
            logits = net(images)  # expect: ACT210
            loss = loss_fn(labels, logits)
        gradients = tape.gradient(loss, net.trainable_variables)
        optimizer.apply_gradients(zip(gradients, net.trainable_variables))
        tracker.update_state(loss)
    return step


def main():
    resnet = build_resnet(classes=4)
    tracker = metrics.Mean()
    opt = optimizers.SGD(0.05, momentum=0.9)
    train_step = make_train_step(resnet, opt, losses.SparseCategoricalCrossentropy(from_logits=True), tracker)
    images = np.random.rand(64, 16, 16, 3).astype("float32")
    labels = np.random.randint(0, 4, size=(64,))
    ds = tf.data.Dataset.from_tensor_slices((images, labels)).shuffle(64).batch(16)
    for epoch in range(2):
        tracker.reset_state()
        for x, y in ds:
            train_step(x, y)
        print("epoch", epoch, float(tracker.result()))
    print("moving mean", resnet.layers[2].moving_mean[:3].numpy())


if __name__ == "__main__":
    main()
