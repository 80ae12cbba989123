"""Crops and standardisation of images against TF1; random ones are proved with their draws in `tests/verify`."""

from __future__ import annotations

import numpy as np
import pytest

_random = np.random.RandomState(8)
IMAGES = _random.uniform(-2, 2, (2, 5, 6, 3))
SINGLE = "TF1 computes it in float32"


@pytest.mark.parametrize("size", ["3, 4", "7, 9", "8, 3", "5, 6", "target_height=2, target_width=11"])
@pytest.mark.parametrize("images", [IMAGES, IMAGES[0]], ids=["batch", "image"])
def test_crop_or_pad(size, images, parity):
    parity(f"tf.image.resize_image_with_crop_or_pad(x, {size})", inputs={"x": images})


@pytest.mark.parametrize("images", [IMAGES, IMAGES[0], 0.001 * IMAGES], ids=["batch", "image", "uniform"])
def test_standardization(images, parity):
    source = "tf.image.per_image_standardization(x)"
    parity(source, inputs={"x": images}, without64=SINGLE, gates=(3e-6, 1e-5))
