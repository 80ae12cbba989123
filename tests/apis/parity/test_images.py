"""Convolutions of other kinds, and images in other sizes, against TF1."""

from __future__ import annotations

import numpy as np
import pytest

_random = np.random.RandomState(8)
SEQUENCES = _random.uniform(-2, 2, (2, 7, 3))
IMAGES = _random.uniform(-2, 2, (2, 7, 6, 3))
SMALL = _random.uniform(-2, 2, (2, 4, 3, 5))
EVEN = _random.uniform(-2, 2, (2, 4, 6, 8))
WIDTHS = {k: _random.uniform(-1, 1, (k, 3, 4)) for k in (1, 2, 3)}
KERNELS = {k: _random.uniform(-1, 1, (k, k, 3, 4)) for k in (1, 2, 3)}
UP = {k: _random.uniform(-1, 1, (k, k, 4, 5)) for k in (1, 2, 3, 4, 5)}
EACH = _random.uniform(-1, 1, (3, 2, 3, 2))
POINT = _random.uniform(-1, 1, (1, 1, 6, 4))


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_sequences(size, stride, padding, parity):
    parity(f"tf.nn.conv1d(x, w, {stride}, '{padding}')", inputs={"x": SEQUENCES, "w": WIDTHS[size]})


def test_sequences_by_name(parity):
    source = "tf.nn.conv1d(value=x, filters=w, stride=2, padding='SAME', data_format='NWC')"
    parity(source, inputs={"x": SEQUENCES, "w": WIDTHS[3]})


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("shape", ["[2, 4, 3, 4]", "[2, 7, 5, 4]", "[2, 8, 6, 4]"])
def test_transposed_same(size, shape, parity):
    stride = 1 if shape.startswith("[2, 4") else 2
    source = f"tf.nn.conv2d_transpose(x, w, {shape}, [1, {stride}, {stride}, 1])"
    parity(source, inputs={"x": SMALL, "w": UP[size]})


@pytest.mark.parametrize(
    ("size", "shape"), [(2, "[2, 8, 6, 4]"), (3, "[2, 9, 7, 4]"), (3, "[2, 10, 8, 4]"), (5, "[2, 11, 9, 4]")]
)
def test_transposed_valid(size, shape, parity):
    source = f"tf.nn.conv2d_transpose(x, w, output_shape={shape}, strides=[1, 2, 2, 1], padding='VALID')"
    parity(source, inputs={"x": SMALL, "w": UP[size]})


def test_transposed_to_the_size_of_another_tensor(parity):
    source = (
        "tf.nn.conv2d_transpose(x, filter=w, output_shape=tf.stack([tf.shape(x)[0], 8, 6, 4]), strides=[1, 2, 2, 1])"
    )
    parity(source.replace("tf.shape(x)[0]", "2"), inputs={"x": SMALL, "w": UP[3]})


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_by_channels(stride, padding, parity):
    strides = f"[1, {stride}, {stride}, 1], '{padding}'"
    parity(f"tf.nn.depthwise_conv2d(x, w, {strides})", inputs={"x": IMAGES, "w": EACH})
    parity(f"tf.nn.separable_conv2d(x, w, p, {strides})", inputs={"x": IMAGES, "w": EACH, "p": POINT})


@pytest.mark.parametrize(
    "source",
    [
        "tf.nn.depthwise_conv2d(x, w, [1, 1, 1, 1], 'SAME', rate=[2, 2])",
        "tf.nn.separable_conv2d(x, w, p, strides=[1, 1, 1, 1], padding='VALID', rate=[1, 2])",
    ],
)
def test_dilated_by_channels(source, parity):
    inputs = {"x": IMAGES, "w": EACH, "p": POINT}
    parity(source, inputs={n: v for n, v in inputs.items() if f" {n}," in source or f"({n}" in source})


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("rate", [1, 2])
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_dilated(size, rate, padding, parity):
    parity(f"tf.nn.atrous_conv2d(x, w, {rate}, padding='{padding}')", inputs={"x": IMAGES, "w": KERNELS[size]})


@pytest.mark.parametrize(
    "source",
    [
        "tf.space_to_depth(x, 2)",
        "tf.nn.depth_to_space(x, block_size=2)",
        "tf.depth_to_space(tf.space_to_depth(x, 2), 2)",
    ],
)
def test_blocks(source, parity):
    parity(source, inputs={"x": EVEN})


@pytest.mark.parametrize(
    "source", ["tf.nn.lrn(x)", "tf.nn.lrn(x, 2, 1.0, 0.001, 0.75)", "tf.nn.lrn(x, depth_radius=1, bias=2.)"]
)
def test_neighbouring_channels(source, parity):
    parity(source, inputs={"x": EVEN}, without64="no kernel in float64")


@pytest.mark.parametrize("size", ["[14, 12]", "[3, 4]", "(7, 6)", "[10, 5]", "[1, 1]"])
@pytest.mark.parametrize("more", ["", ", align_corners=True"])
@pytest.mark.parametrize("method", ["bilinear", "nearest_neighbor"])
def test_other_sizes(size, more, method, parity):
    parity(f"tf.image.resize_{method}(x, {size}{more})", inputs={"x": IMAGES}, without64="the result is float32")


@pytest.mark.parametrize(
    "source",
    [
        "tf.image.resize_images(x, [14, 12])",
        "tf.image.resize_images(x, (5, 9), method=1)",
        "tf.image.resize_images(x, [5, 9], tf.image.ResizeMethod.NEAREST_NEIGHBOR)",
        "tf.image.resize_images(x, size=[5, 9], method=tf.image.ResizeMethod.BILINEAR, align_corners=True)",
        "tf.image.flip_left_right(x)",
        "tf.image.flip_up_down(x)",
        "tf.image.rgb_to_grayscale(x)",
    ],
)
def test_images(source, parity):
    parity(
        source,
        inputs={"x": IMAGES},
        without64="the result is float32" if "resize" in source or "grayscale" in source else "",
    )


def test_colours(parity):
    parity("tf.image.grayscale_to_rgb(x)", inputs={"x": IMAGES[..., :1]})


@pytest.mark.parametrize(
    ("source", "shape"),
    [
        ("tf.image.resize_images(x, [4, 4], method=2)", (2, 7, 6, 3)),
        ("tf.image.resize_images(x, [4, 4])", (7, 6, 3)),
        ("tf.image.resize_bilinear(x, [4, 4], half_pixel_centers=True)", (2, 7, 6, 3)),
        ("tf.nn.conv1d(x, w, 1, 'SAME', data_format='NCW')", (2, 3, 7)),
        ("tf.space_to_depth(x, 2, data_format='NCHW')", (2, 8, 4, 4)),
    ],
)
def test_refusals(source, shape, text, refusal):
    with pytest.raises(refusal):
        text("torch", source, x=shape, w=(3, 3, 4))
