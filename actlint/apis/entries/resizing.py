"""tf.image: images in other sizes, mirrored, and in grey."""

from __future__ import annotations

from actlint.apis.entry import Bound, Entry, Rewriting
from actlint.apis.forms import dims, refuse_given, rename
from actlint.apis.infer import always, dtype_of, shape_of
from actlint.apis.shape import ANY, Dim, Shape

_CORNERS = "The first pixel lies at the corner, not half a pixel inside, as in TF2's tf.image.resize and torch."
_METHODS = {0: "bilinear", 1: "nearest_neighbor", 2: "bicubic", 3: "area"}
_SYMBOLS = {"BILINEAR": 0, "NEAREST_NEIGHBOR": 1, "BICUBIC": 2, "AREA": 3}
_KERNELS = {"bilinear": "ResizeBilinear", "nearest_neighbor": "ResizeNearestNeighbor", "bicubic": "ResizeBicubic"}


def _shape(call: Bound) -> Shape | None:
    shape, size = call.shape("images"), call.dimensions("size")
    if shape is None or len(shape) != 4:
        return None
    sides = size if size is not None and len(size) == 2 else (ANY, ANY)
    return (shape[0], *sides, shape[3])


def _flag(call: Rewriting, name: str) -> bool:
    value = call.const(name, False)
    if not isinstance(value, bool):
        call.refuse(f"{name} isn't known here", "write True or False")
    return value


def _torch(call: Rewriting, method: str) -> str:
    if method == "bilinear" and call.dtype("images") not in ("float32", "float64", None):
        call.refuse("the images aren't floating-point numbers", "cast them to tf.float32 first")
    if _flag(call, "half_pixel_centers"):
        call.refuse("half_pixel_centers isn't carried over", "leave it out")
    corners = ", align_corners=True" if _flag(call, "align_corners") else ""
    return f"{call.helper('resize_' + method)}({call.tensor('images')}, {dims(call, 'size')}{corners})"


def _tf2(call: Rewriting, method: str) -> str:
    flags = [f", {n}=True" for n in ("align_corners", "half_pixel_centers") if _flag(call, n)]
    return f"tf.raw_ops.{_KERNELS[method]}(images={call.text('images')}, size={call.text('size')}{''.join(flags)})"


def _method(call: Rewriting) -> str:
    """The method that a call of `resize_images` names, of those that have an exact form."""
    symbol = (call.symbol("method") or "").rpartition(".")[2]
    number = _SYMBOLS.get(symbol, call.const("method", 0)) if call.given("method") else 0
    method = _METHODS.get(number) if isinstance(number, int) else None
    if method not in ("bilinear", "nearest_neighbor"):
        call.refuse("only the methods BILINEAR and NEAREST_NEIGHBOR have an exact form", "use one of them")
    shape = call.shape("images")
    if shape is None or len(shape) != 4:
        call.refuse("only batches of images are carried over", "give the images their shape, and add an axis for one")
    if method == "bilinear" and call.dtype("images") not in ("float32", "float64", None):
        call.refuse("images of integers keep their dtype where the size stays", "cast them to tf.float32 first")
    refuse_given(call, "preserve_aspect_ratio", "compute the size")
    return method


def _resized_dtype(call: Bound) -> str | None:
    """Bilinear images are float32 whatever goes in; nearest neighbours keep their dtype."""
    nearest = call.const("method", 0) == 1 or (call.symbol("method") or "").endswith("NEAREST_NEIGHBOR")
    return call.dtype("images") if nearest else "float32"


def _resize_entry(method: str) -> Entry:
    return Entry(
        f"image.resize_{method}",
        "images, size, align_corners=False, name=None, half_pixel_centers=False",
        shape=_shape,
        dtype=always("float32") if method == "bilinear" else dtype_of("images"),
        tf2=lambda call: _tf2(call, method),
        torch=lambda call: _torch(call, method),
        trap=_CORNERS,
    )


def _flip(name: str, axis: int) -> Entry:
    return Entry(
        f"image.{name}",
        "image",
        shape=shape_of("image"),
        dtype=dtype_of("image"),
        tf2=rename(f"tf.image.{name}", "image"),
        torch=lambda call: f"torch.flip({call.tensor('image')}, [{axis}])",
    )


def _grey_shape(call: Bound) -> Shape | None:
    shape = call.shape("images")
    return (*shape[:-1], Dim(1)) if shape else None


def _colour_shape(call: Bound) -> Shape | None:
    shape = call.shape("images")
    return (*shape[:-1], Dim(3)) if shape else None


ENTRIES: tuple[Entry, ...] = (
    _resize_entry("bilinear"),
    _resize_entry("nearest_neighbor"),
    Entry(
        "image.resize_images",
        "images, size, method=0, align_corners=False, preserve_aspect_ratio=False, name=None",
        aliases=("image.resize",),
        shape=_shape,
        dtype=_resized_dtype,
        tf2=lambda call: _tf2(call, _method(call)),
        torch=lambda call: _torch(call, _method(call)),
        trap=_CORNERS,
    ),
    _flip("flip_left_right", -2),
    _flip("flip_up_down", -3),
    Entry(
        "image.rgb_to_grayscale",
        "images, name=None",
        shape=_grey_shape,
        dtype=dtype_of("images"),
        tf2=rename("tf.image.rgb_to_grayscale", "images"),
        torch=lambda call: f"{call.helper('rgb_to_grayscale')}({call.tensor('images')})",
    ),
    Entry(
        "image.grayscale_to_rgb",
        "images, name=None",
        shape=_colour_shape,
        dtype=dtype_of("images"),
        tf2=rename("tf.image.grayscale_to_rgb", "images"),
        torch=lambda call: f"torch.cat([{call.tensor('images')}] * 3, dim=-1)",
    ),
)
