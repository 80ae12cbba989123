"""Crops, mirror images and standardisation of images, as they are made of training data."""

from __future__ import annotations

from actlint.apis.entry import Bound, Entry, Form, Rewriting
from actlint.apis.forms import rename
from actlint.apis.infer import INTEGERS, dimensions, dtype_of, shape_of
from actlint.apis.shape import ANY, Dim, Shape


def _floats(call: Rewriting) -> None:
    if call.dtype("image") in {*INTEGERS, None}:
        call.refuse("images that may be whole numbers", "cast them to tf.float32 first")


def _standardized_tf2(call: Rewriting) -> str:
    _floats(call)
    return f"tf.image.per_image_standardization({call.text('image')})"


def _standardized(call: Rewriting) -> str:
    _floats(call)
    return f"{call.helper('per_image_standardization')}({call.tensor('image')})"


def _mirrored(dim: int) -> Form:
    def form(call: Rewriting) -> str:
        if call.shape("image") is None:
            call.refuse("whether it is one image or several isn't known", "give the images a static shape")
        return f"{call.helper('random_flip')}({call.tensor('image')}, {dim})"

    return form


def _resized(call: Bound) -> Shape | None:
    shape = call.shape("image")
    sizes = [call.const("target_height"), call.const("target_width")]
    known = [Dim(size) if isinstance(size, int) else ANY for size in sizes]
    return (*shape[:-3], *known, shape[-1]) if shape is not None and len(shape) >= 3 else None


def _mirror(name: str, dim: int) -> Entry:
    return Entry(
        f"image.{name}",
        "image, seed=None",
        shape=shape_of("image"),
        dtype=dtype_of("image"),
        tf2=rename(f"tf.image.{name}", "image seed"),
        torch=_mirrored(dim),
        random="uniform",
        trap="Each image of a batch is mirrored or not by itself.",
    )


ENTRIES: tuple[Entry, ...] = (
    _mirror("random_flip_left_right", -2),
    _mirror("random_flip_up_down", -3),
    Entry(
        "random_crop",
        "value, size, seed=None, name=None",
        aliases=("image.random_crop",),
        shape=dimensions("size"),
        dtype=dtype_of("value"),
        tf2=rename("tf.image.random_crop", "value size seed"),
        torch=lambda call: f"{call.helper('random_crop')}({call.tensor('value')}, {call.text('size')})",
        random="integer",
    ),
    Entry(
        "image.resize_image_with_crop_or_pad",
        "image, target_height, target_width",
        aliases=("image.resize_with_crop_or_pad",),
        shape=_resized,
        dtype=dtype_of("image"),
        tf2=rename("tf.image.resize_with_crop_or_pad", "image target_height target_width"),
        torch=lambda call: (
            f"{call.helper('resize_with_crop_or_pad')}"
            f"({call.tensor('image')}, {call.text('target_height')}, {call.text('target_width')})"
        ),
    ),
    Entry(
        "image.per_image_standardization",
        "image",
        aliases=("image.per_image_whitening",),
        shape=shape_of("image"),
        dtype=dtype_of("image"),
        tf2=_standardized_tf2,
        torch=_standardized,
        trap="The deviation is at least one over the square root of the number of pixels.",
    ),
)
