"""Runs an expression as TF1 graph code, and its two rewrites, on the same inputs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from tests.apis.parity.reference import Recording

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

GATES = {"float32": (2e-6, 5e-6), "float64": (1e-12, 1e-12)}


@dataclass
class Row:
    """One comparison. `inputs` are tensors; floating ones get a gradient. `hosts` are Python values of that name.

    `without64` says why there is no float64 run. `gates` replaces the tolerances (forward, gradient) of both dtypes."""

    source: str
    inputs: dict[str, Any] = field(default_factory=dict)
    hosts: dict[str, Any] = field(default_factory=dict)
    without64: str = ""
    gradient: bool = True
    gates: tuple[float, float] | None = None
    dtypes: tuple[str, ...] = ("float32", "float64")


def inputs_of(row: Row, dtype: str) -> dict[str, np.ndarray]:
    """The row's inputs, floating ones in `dtype`."""
    arrays = {name: np.asarray(value) for name, value in row.inputs.items()}
    return {name: a.astype(dtype) if a.dtype.kind == "f" else a for name, a in arrays.items()}


def cotangents(results: list[np.ndarray]) -> list[np.ndarray]:
    """What flows back into each result."""
    random = np.random.RandomState(7)
    return [np.asarray(random.uniform(0.5, 1.5, np.shape(r)) * random.choice([-1, 1], np.shape(r))) for r in results]


def flat(value: Any) -> list[Any]:
    """The leaves of a result."""
    if isinstance(value, (list, tuple)) and not all(isinstance(item, int) for item in value):
        return [leaf for item in value for leaf in flat(item)]
    return [value]


def _config(v1: Any) -> Any:
    """Sessions without graph optimisation, which costs more than these graphs take to run."""
    config = v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    return config


class Bench:
    """Runs one row in one dtype."""

    def __init__(self, row: Row, dtype: str, renderer: Callable[..., Any]) -> None:
        self.row, self.dtype, self.renderer = row, dtype, renderer
        self.source = row.source.replace("float32", dtype)
        self.arrays = inputs_of(row, dtype)
        self.hosts = {
            n: v.astype(dtype) if isinstance(v, np.ndarray) and v.dtype.kind == "f" else v for n, v in row.hosts.items()
        }
        self.floats = [name for name, a in self.arrays.items() if a.dtype.kind == "f" and row.gradient]

    def given(self, grads: list[np.ndarray]) -> dict[str, Any]:
        """What another TensorFlow needs to run the row."""
        return {
            "source": self.source,
            "arrays": self.arrays,
            "hosts": self.hosts,
            "floats": self.floats,
            "cotangents": grads,
        }

    def tf1(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Results and gradients of the graph."""
        import tensorflow as tf

        v1 = tf.compat.v1
        with tf.Graph().as_default(), v1.Session(config=_config(v1)) as session:
            names = {name: v1.placeholder(a.dtype.name, a.shape, name) for name, a in self.arrays.items()}
            results = flat(eval(self.source, {"tf": v1, "np": np, **names, **self.hosts}))
            feed = {names[name]: a for name, a in self.arrays.items()}
            values = session.run(results, feed)
            floats = [
                (r, tf.constant(c, r.dtype))
                for r, c in zip(results, cotangents(values), strict=True)
                if r.dtype.is_floating
            ]
            slopes = []
            for name in self.floats:
                slope = v1.gradients([r for r, _ in floats], names[name], [c for _, c in floats])[0] if floats else None
                zero = np.zeros_like(self.arrays[name])
                slopes.append(zero if slope is None else session.run(tf.convert_to_tensor(slope), feed))
        return [np.asarray(v) for v in values], slopes

    def _written(self, target: str) -> tuple[str, dict[str, Any]]:
        written = self.renderer(self.source, target, self.arrays, self.hosts)
        return written.text, {"np": np, **written.namespace, **self.hosts}

    def tf2(self, grads: list[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Results and gradients of the TF2 rewrite, run eagerly."""
        import tensorflow as tf

        text, namespace = self._written("tf2")
        names = {name: tf.constant(a) for name, a in self.arrays.items()}
        with tf.GradientTape() as tape:
            tape.watch([names[name] for name in self.floats])
            results = flat(eval(text, {"tf": tf, **namespace, **names}))
            total = [tf.reduce_sum(r * c) for r, c in zip(results, grads, strict=True) if r.dtype.is_floating]
        slopes = tape.gradient(total, [names[name] for name in self.floats]) if total else [None] * len(self.floats)
        return [r.numpy() for r in results], [
            np.zeros_like(self.arrays[name]) if g is None else np.asarray(tf.convert_to_tensor(g))
            for name, g in zip(self.floats, slopes, strict=True)
        ]

    def torch(self, grads: list[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Results and gradients of the torch rewrite."""
        import torch
        from torch import nn

        old = torch.get_default_dtype()
        torch.set_default_dtype(getattr(torch, self.dtype))
        try:
            text, namespace = self._written("torch")
            names = {name: torch.tensor(a) for name, a in self.arrays.items()}
            for name in self.floats:
                names[name].requires_grad_(True)
            scope = {"torch": torch, "nn": nn, "F": nn.functional, **namespace, **names}
            results = flat(eval(text, scope))
            total = [
                torch.sum(r * torch.tensor(c, dtype=r.dtype))
                for r, c in zip(results, grads, strict=True)
                if isinstance(r, torch.Tensor) and r.is_floating_point() and r.requires_grad
            ]
            if total:
                sum(total).backward()
        finally:
            torch.set_default_dtype(old)
        values = [r.detach().numpy() if isinstance(r, torch.Tensor) else np.asarray(r) for r in results]
        values = [
            v.astype(self.dtype) if v.dtype.kind == "f" and not isinstance(r, torch.Tensor) else v
            for v, r in zip(values, results, strict=True)
        ]
        return values, [
            np.zeros_like(self.arrays[name]) if names[name].grad is None else names[name].grad.to_dense().numpy()
            for name in self.floats
        ]


def compare(
    found: list[np.ndarray], wanted: list[np.ndarray], gate: float, what: str, dtypes: bool = False
) -> float | None:
    """Assert equal shapes, the same places of nan and infinity, and an error below the gate of the largest entry.

    Answers the largest error, None where there is nothing to compare."""
    worst: float | None = None
    assert len(found) == len(wanted), what
    for a, b in zip(found, wanted, strict=True):
        assert a.shape == b.shape, f"{what}: shape {a.shape}, TF1 {b.shape}"
        if dtypes:
            assert a.dtype == b.dtype, f"{what}: dtype {a.dtype}, TF1 {b.dtype}"
        if b.dtype.kind in "biuS":
            np.testing.assert_array_equal(a, b, err_msg=what)
            worst = worst or 0.0
            continue
        plain = np.isfinite(b)
        np.testing.assert_array_equal(a[~plain], b[~plain], err_msg=what)
        assert np.isfinite(a[plain]).all(), f"{what}: {a}, TF1 {b}"
        largest = np.abs(b[plain]).max(initial=0)
        error = np.abs(a[plain].astype("float64") - b[plain]).max(initial=0)
        assert error <= gate * max(largest, 1e-30), f"{what}: error {error / max(largest, 1e-30):.1e}\n{a}\nTF1\n{b}"
        worst = max(worst or 0.0, float(error / max(largest, 1e-30)))
    return worst


def check_inference(call: Any, values: list[np.ndarray]) -> None:
    """Assert that what the entry says about shape and dtype holds for TF1's results."""
    if call.entry.outputs:
        assert call.entry.outputs(call) == len(values)
    shape, dtype = call.result_shape, call.result_dtype
    shape = shape[0] if isinstance(shape, list) else shape
    dtype = dtype[0] if isinstance(dtype, list) else dtype
    if shape is not None:
        assert len(shape) == values[0].ndim, f"{call.entry.name}: rank of {shape}, TF1 {values[0].shape}"
        known = [dim.value for dim in shape]
        pairs = zip(known, values[0].shape, strict=True)
        assert all(size in (None, real) for size, real in pairs), f"{call.entry.name}: {known}, TF1 {values[0].shape}"
    assert dtype in (None, values[0].dtype.name), f"{call.entry.name}: {dtype}, TF1 {values[0].dtype}"


@dataclass
class Written:
    """A rewritten expression, and the helpers that it needs."""

    text: str
    namespace: dict[str, Any]
    weights: tuple[Any, ...] = ()
    call: Any = None


@pytest.fixture
def renderer(rewrite: Callable[..., Any]) -> Callable[..., Written]:
    """Rewrites a source for arrays and Python values of given names."""
    from actlint.apis.entry import LayerEntry
    from actlint.apis.shape import Dim

    def render(
        source: str, target: str, arrays: dict[str, np.ndarray], hosts: dict[str, Any], **options: str
    ) -> Written:
        made = rewrite(target)
        made.options |= options
        known = type(made.expression("1"))
        for name, a in arrays.items():
            made.names[name] = known(name, True, tuple(Dim(size) for size in a.shape), a.dtype.name)
        for name, value in hosts.items():
            made.names[name] = (
                made.expression(repr(value))
                if not isinstance(value, np.ndarray)
                else known(name, False, tuple(Dim(size) for size in value.shape), value.dtype.name, value)
            )
            made.names[name].text = name
        text = made.expression(source).text
        namespace: dict[str, Any] = {}
        _usual(namespace, target)
        define(namespace, target, made.helpers)
        layers = [call for call in made.calls if isinstance(call.entry, LayerEntry)]
        return Written(text, namespace, layers[0].entry.weights(layers[0]) if layers else (), made.calls[-1])

    return render


@pytest.fixture
def written(renderer: Callable[..., Written]) -> Callable[..., Written]:
    """The same, with the target first."""
    return lambda target, source, arrays, hosts, **options: renderer(source, target, arrays, hosts, **options)


def define(namespace: dict[str, Any], target: str, names: list[str]) -> None:
    """Define helpers, after those that they need."""
    from actlint.apis.helpers import helpers

    for name in names:
        helper = helpers(target)[name]
        if name not in namespace:
            namespace[name] = None
            define(namespace, target, list(helper.needs))
            exec("\n".join([*helper.imports, helper.source]), namespace)


def _usual(namespace: dict[str, Any], target: str) -> None:
    if target == "tf2":
        import tensorflow as tf

        namespace["tf"] = tf
    else:
        import torch
        from torch import nn

        namespace.update(torch=torch, nn=nn, F=nn.functional)


@pytest.fixture(scope="session")
def recording() -> Iterator[Recording]:
    """Takes down rows and errors, for `tests/apis/record.py`."""
    made = Recording()
    yield made
    made.write()


@pytest.fixture
def parity(
    renderer: Callable[..., Written], recording: Recording, request: pytest.FixtureRequest
) -> Callable[..., None]:
    """Asserts that both rewrites of an expression have TF1's values, shapes, dtypes and gradients."""
    module = request.node.path.stem

    def check(source: str, **options: Any) -> None:
        row = Row(source, **options)
        record = recording.row(module, "call", source, {**row.inputs, **row.hosts})
        dtypes = row.dtypes[:1] if row.without64 else row.dtypes
        for dtype in dtypes:
            bench = Bench(row, dtype, renderer)
            values, slopes = bench.tf1()
            grads = cotangents(values)
            if dtype == dtypes[-1]:
                record.answered(bench.given(grads), values, slopes)
            forward, backward = row.gates or GATES[dtype]
            for target in ("tf2", "torch"):
                found, gradients = getattr(bench, target)(grads)
                made = bench.renderer(bench.source, target, bench.arrays, bench.hosts)
                if dtype == "float32":
                    check_inference(made.call, values)
                where = f"{target} {dtype} {made.text}"
                exact_dtypes = all(
                    v.dtype != np.int64 or w.dtype != np.int32 for v, w in zip(found, values, strict=True)
                )
                errors = [
                    compare(found, values, forward, where, dtypes=exact_dtypes),
                    compare(gradients, slopes, backward, f"gradient of {where}"),
                ]
                record.measured(target, dtype, made.text, errors)

    return check
