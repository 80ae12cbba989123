"""TensorFlow operations whose kernels have no float64 form, computed from others."""

from __future__ import annotations

import sys
import types

LEAST_EPSILON = 1.001e-5
LEAST = -3.4028234663852886e38
"""The least float32."""


def install():
    """Replace the op functions in an imported TensorFlow."""
    from tensorflow.python.ops import gen_candidate_sampling_ops, gen_image_ops, gen_nn_ops

    replaced = {}
    for module, name, raw, function in (
        (gen_nn_ops, "fused_batch_norm_v3", "FusedBatchNormV3", fused_batch_norm),
        (gen_nn_ops, "lrn", "LRN", local_response_normalization),
        (gen_nn_ops, "leaky_relu", "LeakyRelu", leaky_relu),
        (gen_nn_ops, "in_top_k", "InTopK", in_top_k),
        (gen_nn_ops, "in_top_kv2", "InTopKV2", in_top_k),
        (gen_image_ops, "resize_bilinear", "ResizeBilinear", resize_bilinear),
        (gen_candidate_sampling_ops, "compute_accidental_hits", "ComputeAccidentalHits", compute_accidental_hits),
    ):
        replaced[id(getattr(module, name))] = replaced[id(getattr(module, raw))] = function
    for path, module in list(sys.modules.items()):
        if path.startswith("tensorflow") and isinstance(module, types.ModuleType):
            for name, value in list(vars(module).items()):
                if id(value) in replaced:
                    setattr(module, name, replaced[id(value)])


def allow_fused_batch_norm(module):
    """Keras' layer takes the fused form, whose running variance differs, in float64 as in float32."""
    base = module.BatchNormalizationBase
    original = base._raise_if_fused_cannot_be_used

    def check(self):
        try:
            original(self)
        except ValueError as error:
            if "compute dtype" not in str(error):
                raise

    base._raise_if_fused_cannot_be_used = check


def fused_batch_norm(
    x,
    scale,
    offset,
    mean,
    variance,
    epsilon=0.0001,
    exponential_avg_factor=1,
    data_format="NHWC",
    is_training=True,
    name=None,
):
    """FusedBatchNormV3: the running variance takes the unbiased batch variance, the output the biased one. TensorFlow 1
    gives the kernel an epsilon of at least 1.001e-5."""
    from tensorflow.python.framework import constant_op
    from tensorflow.python.ops import array_ops, math_ops

    epsilon = max(epsilon, LEAST_EPSILON)
    first, rank = data_format.startswith("NC"), len(data_format)
    axes = [0] + list(range(2, rank)) if first else list(range(rank - 1))
    wide = [1, -1] + [1] * (rank - 2) if first else [1] * (rank - 1) + [-1]

    def spread(value):
        return array_ops.reshape(value, wide)

    running_mean, running_variance = mean, variance
    if is_training:
        mean_ = math_ops.reduce_mean(x, axes)
        variance_ = math_ops.reduce_mean(math_ops.squared_difference(x, spread(mean_)), axes)
        count = math_ops.cast(array_ops.size(x) // array_ops.size(mean_), x.dtype)
        unbiased = variance_ * (count / math_ops.maximum(count - 1.0, 1.0))
        rate = 1 if exponential_avg_factor is None else exponential_avg_factor
        running_mean = mean_ if rate == 1 else mean * (1 - rate) + mean_ * rate
        running_variance = unbiased if rate == 1 else variance * (1 - rate) + unbiased * rate
        mean, variance = mean_, variance_
    normal = (x - spread(mean)) * math_ops.rsqrt(spread(variance) + epsilon)
    y = array_ops.identity(normal * spread(scale) + spread(offset), name=name)
    empty = constant_op.constant([], dtype=x.dtype)
    return y, running_mean, running_variance, empty, empty, empty


def local_response_normalization(input, depth_radius=5, bias=1, alpha=1, beta=0.5, name=None):
    """LRN: divided by (bias + alpha * sum of squares of the neighbouring channels) ** beta."""
    from tensorflow.python.framework import ops
    from tensorflow.python.ops import array_ops, math_ops

    input = ops.convert_to_tensor(input)
    radius, channels = int(depth_radius), array_ops.shape(input)[3]
    squares = array_ops.pad(math_ops.square(input), [[0, 0], [0, 0], [0, 0], [radius, radius]])
    window = [squares[:, :, :, shift : shift + channels] for shift in range(2 * radius + 1)]
    return math_ops.divide(input, math_ops.pow(bias + alpha * math_ops.add_n(window), beta), name=name)


def leaky_relu(features, alpha=0.2, name=None):
    """LeakyRelu, whose own slope is an attribute of 32 bits."""
    from tensorflow.python.framework import ops
    from tensorflow.python.ops import array_ops

    features = ops.convert_to_tensor(features)
    return array_ops.where(features > 0, features, features * alpha, name=name)


def in_top_k(predictions, targets, k, name=None):
    """InTopK: whether fewer than k predictions of a row exceed the target's; never for rows that aren't finite."""
    from tensorflow.python.framework import ops
    from tensorflow.python.ops import array_ops, math_ops

    predictions, targets = ops.convert_to_tensor(predictions), ops.convert_to_tensor(targets)
    classes = predictions.shape[1]
    classes = getattr(classes, "value", classes) or array_ops.shape(predictions)[1]
    own = array_ops.one_hot(targets, classes, dtype=predictions.dtype) * predictions
    larger = math_ops.cast(predictions > math_ops.reduce_sum(own, 1, keepdims=True), "int32")
    meant = math_ops.logical_and(targets >= 0, targets < math_ops.cast(classes, targets.dtype))
    known = math_ops.logical_and(meant, math_ops.reduce_all(math_ops.is_finite(predictions), 1))
    found = math_ops.reduce_sum(larger, 1) < math_ops.cast(k, "int32")
    return math_ops.logical_and(known, found, name=name)


def resize_bilinear(images, size, align_corners=False, half_pixel_centers=False, name=None):
    """ResizeBilinear of NHWC images, with TF1's and TF2's placing of the corners."""
    from tensorflow.python.framework import dtypes, ops
    from tensorflow.python.ops import array_ops, math_ops

    images = math_ops.cast(images, dtypes.float64)
    size = ops.convert_to_tensor(size)
    for axis in (1, 2):
        length = array_ops.shape(images)[axis]
        wanted = size[axis - 1]
        own, other = math_ops.cast(length, dtypes.float64), math_ops.cast(wanted, dtypes.float64)
        ratio = (own - 1.0) / math_ops.maximum(other - 1.0, 1.0) if align_corners else own / other
        place = math_ops.cast(math_ops.range(wanted), dtypes.float64)
        place = (place + 0.5) * ratio - 0.5 if half_pixel_centers else place * ratio
        floor = math_ops.floor(place)
        low = math_ops.maximum(math_ops.cast(floor, dtypes.int32), 0)
        high = math_ops.minimum(math_ops.cast(floor, dtypes.int32) + 1, length - 1)
        weight = array_ops.reshape(place - floor, [-1, 1, 1] if axis == 1 else [-1, 1])
        first, second = array_ops.gather(images, low, axis=axis), array_ops.gather(images, high, axis=axis)
        images = first + (second - first) * weight
    return array_ops.identity(images, name=name)


def compute_accidental_hits(true_classes, sampled_candidates, num_true, seed=0, seed2=0, name=None):
    """ComputeAccidentalHits: row and column where a candidate is one of the row's true classes, and a weight for each
    that leaves it no chance. Of equal candidates only the last counts."""
    from tensorflow.python.framework import dtypes, ops
    from tensorflow.python.ops import array_ops, math_ops

    classes = array_ops.expand_dims(ops.convert_to_tensor(true_classes), -1)
    sampled = ops.convert_to_tensor(sampled_candidates)
    places = math_ops.range(array_ops.size(sampled))
    later = math_ops.logical_and(math_ops.equal(sampled[:, None], sampled), places[:, None] < places)
    hits = math_ops.reduce_any(math_ops.equal(classes, sampled), axis=1)
    found = array_ops.where(math_ops.logical_and(hits, math_ops.logical_not(math_ops.reduce_any(later, axis=1))))
    weights = array_ops.fill(array_ops.shape(found)[:1], LEAST)
    return math_ops.cast(found[:, 0], "int32"), found[:, 1], math_ops.cast(weights, dtypes.float32)
