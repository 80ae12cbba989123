"""Elementwise functions, reductions, comparisons and selection against TF1."""

from __future__ import annotations

import numpy as np
import pytest

_random = np.random.RandomState(0)
A = _random.uniform(-2, 2, (3, 4))
B = _random.uniform(-2, 2, (3, 4))
POSITIVE = _random.uniform(0.3, 3, (3, 4))
UNIT = _random.uniform(-0.9, 0.9, (3, 4))
EDGES = np.array([-6.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 2.5, 6.0])
TIES = np.array([1.0, 0.0, 2.0, -1.0])
OTHERS = np.array([1.0, 1.0, 2.0, 0.0])
COLUMN = _random.uniform(-2, 2, (3, 1))
INTEGERS = np.array([[-7, 3, 5], [7, -3, 2]], np.int32)
DIVISORS = np.array([[2, 2, -2], [3, 2, 5]], np.int32)
MASK = np.array([True, False, True])
FLAGS = A > 0
RANK3 = _random.uniform(-2, 2, (2, 3, 4))
SOURCE = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])


@pytest.mark.parametrize(
    "name",
    [
        "abs",
        "negative",
        "exp",
        "expm1",
        "square",
        "sin",
        "cos",
        "tan",
        "atan",
        "sinh",
        "cosh",
        "tanh",
        "sigmoid",
        "log_sigmoid",
        "erf",
        "erfc",
        "sign",
        "floor",
        "ceil",
        "round",
        "rint",
        "math.abs",
        "nn.tanh",
        "nn.sigmoid",
    ],
)
def test_functions_of_any_number(name, parity):
    parity(f"tf.{name}(x)", inputs={"x": A}, gates=None)


@pytest.mark.parametrize("name", ["log", "log1p", "sqrt", "rsqrt", "reciprocal", "lgamma", "math.log"])
def test_functions_of_positive_numbers(name, parity):
    parity(f"tf.{name}(x)", inputs={"x": POSITIVE})


@pytest.mark.parametrize("name", ["asin", "acos", "asinh", "atanh"])
def test_inverse_functions(name, parity):
    parity(f"tf.{name}(x)", inputs={"x": UNIT})


def test_acosh(parity):
    parity("tf.acosh(x)", inputs={"x": POSITIVE + 1})


@pytest.mark.parametrize(
    "source",
    ["tf.scalar_mul(2.0, x)", "tf.scalar_mul(y, x)", "tf.accumulate_n([x, x, x])", "tf.accumulate_n(inputs=[x, x])"],
)
def test_multiples(source, parity):
    parity(source, inputs={"x": A, "y": np.float64(1.5)})


@pytest.mark.parametrize("name", ["abs", "sign", "square", "round", "sqrt"])
def test_corners(name, parity):
    parity(f"tf.{name}(x)", inputs={"x": np.abs(EDGES) if name == "sqrt" else EDGES})


@pytest.mark.parametrize(
    "name",
    [
        "add",
        "subtract",
        "multiply",
        "divide",
        "div",
        "truediv",
        "realdiv",
        "squared_difference",
        "maximum",
        "minimum",
        "floordiv",
        "mod",
        "floormod",
        "atan2",
        "div_no_nan",
    ],
)
@pytest.mark.parametrize("other", [B, COLUMN, np.float64(1.5)])
def test_functions_of_two(name, other, parity):
    parity(f"tf.{name}(x, y)", inputs={"x": A, "y": other})


@pytest.mark.parametrize(
    "source",
    [
        "tf.add(x, 1.5)",
        "tf.add(1.5, x)",
        "tf.subtract(1.0, x)",
        "tf.multiply(2.0, x)",
        "tf.divide(x, 3.0)",
        "tf.divide(1.0, x)",
        "tf.mod(x, 3.0)",
        "tf.pow(x, 2.0)",
        "tf.pow(x, 2)",
        "tf.add(x, c)",
        "tf.multiply(c, x)",
        "tf.squared_difference(x, 0.5)",
        "tf.maximum(x, 0.)",
        "tf.maximum(0., x)",
        "tf.minimum(x, 0.)",
        "tf.minimum(0., x)",
        "tf.maximum(0.5, x)",
        "tf.minimum(x, c)",
        "tf.clip_by_value(x, -0.5, 1.0)",
        "tf.add(x=x, y=x)",
        "tf.pow(2.0, x)",
    ],
)
def test_python_and_numpy_operands(source, parity):
    number_first = "TF1 makes a first Python number float32" if source.split("(")[1][0].isdigit() else ""
    parity(source, inputs={"x": EDGES}, hosts={"c": np.linspace(-1, 1, 9)}, without64=number_first)


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_ties_give_the_gradient_to_the_first(name, parity):
    parity(f"tf.{name}(x, y)", inputs={"x": TIES, "y": OTHERS})


def test_no_nan_division_by_zero(parity):
    parity("tf.div_no_nan(x, y)", inputs={"x": TIES, "y": np.array([0.0, 2.0, 0.0, 1.0])})


def test_clipping_by_tensors(parity):
    parity("tf.clip_by_value(x, y, z)", inputs={"x": TIES, "y": OTHERS - 1, "z": OTHERS})


@pytest.mark.parametrize(
    "source",
    [
        "tf.divide(x, y)",
        "tf.div(x, y)",
        "tf.floordiv(x, y)",
        "tf.mod(x, y)",
        "tf.add(x, y)",
        "tf.multiply(x, 2)",
        "tf.square(x)",
        "tf.abs(x)",
        "tf.reduce_sum(x)",
        "tf.reduce_max(x, 1)",
        "tf.reduce_prod(x, 0)",
        "tf.maximum(x, y)",
        "tf.less(x, y)",
        "tf.equal(x, 3)",
        "tf.greater(2, x)",
        "tf.cast(x, tf.float32)",
        "tf.to_float(x)",
        "tf.to_int64(x)",
        "tf.argmax(x)",
        "tf.argmin(x, 1)",
        "tf.reduce_sum(x, axis=1, keepdims=True)",
        "tf.cumsum(x, 1)",
        "tf.add_n([x, y])",
    ],
)
def test_integers(source, parity):
    parity(source, inputs={"x": INTEGERS, "y": DIVISORS}, without64="no floats go in")


@pytest.mark.parametrize(
    "source",
    [
        "tf.pow(x, y)",
        "tf.add_n([x, y, x])",
        "tf.log_sigmoid(tf.multiply(x, 60.))",
        "tf.to_double(x)",
        "tf.clip_by_norm(x, 1.0)",
        "tf.clip_by_norm(x, 100.0)",
        "tf.clip_by_norm(x, 1.0, axes=[1])",
        "tf.clip_by_norm(x, 0.5, 0)",
        "tf.norm(x)",
        "tf.norm(x, axis=1)",
        "tf.norm(x, ord=1, axis=0)",
        "tf.norm(x, axis=1, keep_dims=True)",
        "tf.norm(x, ord=np.inf)",
        "tf.norm(x, ord=2, axis=-1)",
    ],
)
def test_more_functions(source, parity):
    parity(source, inputs={"x": POSITIVE, "y": B})


@pytest.mark.parametrize(
    "source",
    [
        "tf.where(tf.greater(x, 0.), tf.sqrt(x), tf.zeros_like(x))",
        "tf.multiply(tf.sqrt(x), y)",
        "tf.multiply(tf.norm(z), tf.reduce_sum(tf.multiply(y, 0.)))",
        "tf.sqrt(tf.add(x, 1e-8))",
    ],
)
def test_roots_without_a_gradient(source, parity):
    inputs = {"x": np.array([0.0, 0.0, 4.0]), "y": np.array([0.0, 1.0, 2.0]), "z": np.zeros(3)}
    parity(
        source, inputs={name: value for name, value in inputs.items() if f"({name}" in source or f" {name}" in source}
    )


def test_norm_at_zero_has_no_gradient(parity):
    parity("tf.norm(x, axis=1)", inputs={"x": np.array([[0.0, 0.0], [3.0, 4.0]])})


REDUCTIONS = ["sum", "mean", "max", "min", "logsumexp"]


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize(
    "options",
    [
        "",
        ", 1",
        ", axis=1",
        ", axis=[0, 2]",
        ", reduction_indices=[1]",
        ", axis=-1, keepdims=True",
        ", keep_dims=True",
        ", axis=(1, 2), keepdims=True",
    ],
)
def test_reductions(name, options, parity):
    parity(f"tf.reduce_{name}(x{options})", inputs={"x": RANK3})


@pytest.mark.parametrize(
    "source",
    [
        "tf.reduce_prod(x)",
        "tf.reduce_prod(x, 1)",
        "tf.reduce_prod(x, axis=1, keepdims=True)",
        "tf.math.reduce_variance(x, axis=[0, 1])",
        "tf.math.reduce_std(x)",
        "tf.math.reduce_std(x, 1, keepdims=True)",
        "tf.math.reduce_variance(x, keepdims=True)",
        "tf.reduce_sum([x, x])",
        "tf.reduce_mean([x, 2. * x], 0)",
        "tf.argmax(x)",
        "tf.argmax(x, 1)",
        "tf.argmax(x, dimension=2)",
        "tf.argmin(x, axis=-1)",
        "tf.argmax(x, 1, output_type=tf.int32)",
        "tf.cumsum(x)",
        "tf.cumsum(x, 1)",
        "tf.cumsum(x, axis=-1, exclusive=True)",
        "tf.cumsum(x, 1, reverse=True)",
        "tf.cumsum(x, 2, exclusive=True, reverse=True)",
    ],
)
def test_other_reductions(source, parity):
    parity(source.replace("2. * x", "tf.multiply(x, 2.)"), inputs={"x": RANK3})


@pytest.mark.parametrize(
    "source",
    [
        "tf.reduce_max(x, 1)",
        "tf.reduce_max(x)",
        "tf.reduce_min(x, axis=1)",
        "tf.argmax(x, 1)",
        "tf.nn.top_k(x, 2)",
        "tf.nn.top_k(x, k=1)",
    ],
)
def test_ties_in_reductions(source, parity):
    parity(source, inputs={"x": SOURCE})


@pytest.mark.parametrize("name", ["equal", "not_equal", "greater", "greater_equal", "less", "less_equal"])
@pytest.mark.parametrize("arguments", ["x, y", "x, 1.0", "1.0, x", "x, c"])
def test_comparisons(name, arguments, parity):
    number_first = "TF1 makes a first Python number float32" if arguments == "1.0, x" else ""
    parity(f"tf.{name}({arguments})", inputs={"x": TIES, "y": OTHERS}, hosts={"c": OTHERS}, without64=number_first)


@pytest.mark.parametrize(
    "source",
    [
        "tf.logical_and(a, b)",
        "tf.logical_or(a, b)",
        "tf.logical_xor(a, b)",
        "tf.logical_not(a)",
        "tf.reduce_all(a)",
        "tf.reduce_any(a, 1)",
        "tf.reduce_all(a, axis=0, keepdims=True)",
        "tf.cast(a, tf.float32)",
        "tf.to_float(a)",
        "tf.to_int32(a)",
        "tf.cast(a, 'float')",
        "tf.is_nan(x)",
        "tf.is_finite(x)",
        "tf.is_inf(x)",
        "tf.to_int32(y)",
        "tf.cast(y, tf.int64)",
        "tf.cast(y, tf.bool)",
        "tf.cast(tf.greater(y, 0.), tf.float32)",
        "tf.where(a, x, y)",
        "tf.where(v, y, y)",
        "tf.where(v, y, tf.negative(y))",
        "tf.where(tf.greater(y, 0.), y, z)",
    ],
)
def test_logic(source, parity):
    inputs = {"a": FLAGS, "b": B > 0, "v": MASK, "y": A, "z": B, "x": np.where(FLAGS, np.inf, np.nan)}
    parity(
        source,
        inputs={k: v for k, v in inputs.items() if k in source.replace("axis", "")},
        without64="'float'" in source and "float32" or "",
    )


def test_vector_condition_selects_rows(parity):
    parity("tf.where(v, x, y)", inputs={"v": MASK, "x": A, "y": B})
