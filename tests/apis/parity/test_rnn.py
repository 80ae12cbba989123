"""Recurrent cells, and the functions that apply them along a sequence, against TF1."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest

_random = np.random.RandomState(5)
SEQUENCES = _random.uniform(-2, 2, (4, 5, 3))
PLAIN, GATED = ["kernel", "bias"], ["gates_kernel", "gates_bias", "candidate_kernel", "candidate_bias"]
CELLS = {
    "tf.nn.rnn_cell.BasicRNNCell(4)": PLAIN,
    "tf.nn.rnn_cell.BasicRNNCell(4, activation=tf.nn.relu)": PLAIN,
    "tf.nn.rnn_cell.BasicLSTMCell(4)": PLAIN,
    "tf.nn.rnn_cell.BasicLSTMCell(4, forget_bias=1.0)": PLAIN,
    "tf.nn.rnn_cell.BasicLSTMCell(4, forget_bias=0.0, state_is_tuple=True)": PLAIN,
    "tf.nn.rnn_cell.LSTMCell(num_units=4, forget_bias=0.5, activation=tf.nn.softsign)": PLAIN,
    "tf.nn.rnn_cell.GRUCell(4)": GATED,
    "tf.nn.rnn_cell.GRUCell(4, activation=tf.sigmoid)": GATED,
    "tf.nn.rnn_cell.DropoutWrapper(tf.nn.rnn_cell.GRUCell(4), 1.0)": [f"cell.{name}" for name in GATED],
    "tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(4), tf.nn.rnn_cell.GRUCell(2)])": [
        *(f"cells.0.{name}" for name in PLAIN),
        *(f"cells.1.{name}" for name in GATED),
    ],
}
LSTM, MULTI = list(CELLS)[2], list(CELLS)[-1]
LENGTHS = [None, [5, 1, 0, 3], [2, 1, 0, 2], [0, 0, 0, 0]]
ROWS = [
    *((source, "dynamic_rnn", [5, 1, 0, 3], {}) for source in CELLS),
    (LSTM, "dynamic_rnn", None, {}),
    *((MULTI, "dynamic_rnn", lengths, {"time_major": True}) for lengths in LENGTHS),
    *((LSTM, "static_rnn", lengths, {}) for lengths in LENGTHS),
    *((LSTM, "bidirectional_dynamic_rnn", lengths, {}) for lengths in LENGTHS),
    *((LSTM, "static_bidirectional_rnn", lengths, {}) for lengths in LENGTHS),
]
COMPILED = [(MULTI, name, [4, 1, 0, 3], {}) for name in ("dynamic_rnn", "static_rnn", "bidirectional_dynamic_rnn")]


def _leaves(value):
    """The tensors of a nested structure, in order."""
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value]


def _applied(function, cells, inputs, lengths, options, start, **more):
    """The call under test, with a state to start from where there is one."""
    given = {} if lengths is None else {"sequence_length": lengths}
    if start is not None:
        given |= {f"initial_state{suffix}": start for suffix in (("",) if len(cells) == 1 else ("_fw", "_bw"))}
    return _leaves(function(*cells, inputs, **given, **options, **more))


@contextmanager
def _old_loops():
    """Graphs' loops as TF1 makes them."""
    import tensorflow as tf

    enabled = tf.compat.v1.control_flow_v2_enabled()
    tf.compat.v1.disable_control_flow_v2()
    try:
        yield
    finally:
        if enabled:
            tf.compat.v1.enable_control_flow_v2()


def _activations(target):
    """What stands for the activations that the cells name."""
    if target == "tf2":
        return {}
    import torch

    own = SimpleNamespace(relu=torch.relu, softsign=torch.nn.functional.softsign)
    return {"tf": SimpleNamespace(nn=own, sigmoid=torch.sigmoid)}


class Example:
    """One call in one dtype: TF1's results, and the gradients of a weighted sum of them."""

    def __init__(self, row, dtype):
        self.source, self.name, self.lengths, self.options = row
        self.static, self.count = "static" in self.name, 2 if "bidirectional" in self.name else 1
        self.x = SEQUENCES.astype(dtype)
        if self.options.get("time_major"):
            self.x = self.x.transpose(1, 0, 2)
        self.random = np.random.RandomState(11)
        self._graph()

    def _graph(self):
        import tensorflow as tf
        from tf_keras.src.layers.rnn import legacy_cell_wrappers, legacy_cells

        v1 = tf.compat.v1
        rnn_cell = SimpleNamespace(**vars(legacy_cells), DropoutWrapper=legacy_cell_wrappers.DropoutWrapper)
        names = SimpleNamespace(rnn_cell=rnn_cell, relu=v1.nn.relu, softsign=v1.nn.softsign)
        known = {"tf": SimpleNamespace(nn=names, sigmoid=v1.sigmoid)}
        with _old_loops(), v1.Graph().as_default(), v1.Session() as session:
            inputs = v1.placeholder(self.x.dtype.name, self.x.shape)
            cells = [eval(self.source, known) for _ in range(self.count)]
            given = v1.unstack(inputs, axis=1) if self.static else inputs
            function = getattr(v1.nn, self.name)
            results = _applied(function, cells, given, self.lengths, self.options, None, dtype=self.x.dtype.name)
            variables = v1.global_variables()
            self.weights = [self.random.uniform(-1, 1, v.shape.as_list()).astype(self.x.dtype) for v in variables]
            for variable, value in zip(variables, self.weights, strict=True):
                variable.load(value, session)
            self.values = session.run(results, {inputs: self.x})
            self.cotangents = [self.random.uniform(-1, 1, r.shape).astype(self.x.dtype) for r in self.values]
            pairs = zip(results, self.cotangents, strict=True)
            total = v1.add_n([v1.reduce_sum(r * w) for r, w in pairs])
            slopes = v1.gradients(total, [inputs, *variables])
            self.slopes = session.run(slopes, {inputs: self.x})

    def cells(self, written, target, make):
        """The rewritten cells with TF1's weights, the weights, and the rewritten function."""
        made = written(target, self.source, {}, {})
        run = written(target, f"tf.nn.{self.name}({', '.join('x' for _ in range(self.count + 1))})", {"x": self.x}, {})
        found, weights = [], []
        for _ in range(self.count):
            cell = eval(made.text, {**made.namespace, **_activations(target)})
            cell.build(3)
            for path in CELLS[self.source]:
                *owners, name = path.split(".")
                owner = cell
                for part in owners:
                    owner = owner[int(part)] if part.isdigit() else getattr(owner, part)
                assert tuple(getattr(owner, name).shape) == self.weights[len(weights)].shape
                weights.append(make(self.weights[len(weights)]))
                setattr(owner, name, weights[-1])
            found.append(cell)
        assert len(weights) == len(self.weights)
        return found, weights, run.namespace[self.name]

    def written(self, cell, function=""):
        """The call as a source, of TF1 or with a rewritten cell and function."""
        given = "" if self.lengths is None else f", sequence_length={self.lengths}"
        given += "".join(f", {name}={value}" for name, value in self.options.items())
        cells = ", ".join([cell] * self.count)
        if function:
            return f"{function}({cells}, x{given})"
        return f"tf.nn.{self.name}({cells}, x{given}, dtype=tf.float32)"

    def record(self, row):
        """Compare with what TF 1.15.5 answered, or take the row down."""
        if self.x.dtype == np.float64:
            source = self.written(self.source).replace("float32", "float64")
            given = {"x": self.x, "weights": self.weights, "cotangents": self.cotangents, "static": self.static}
            row.answered({"source": source, **given}, self.values, self.slopes)

    def check(self, found, slopes, what):
        """Assert that results and gradients are TF1's; answer the largest errors of both."""
        errors = []
        gates = (3e-6, 1e-5) if self.x.dtype == np.float32 else (1e-12, 1e-12)
        for side, wanted, gate in ((found, self.values, gates[0]), (slopes, self.slopes, gates[1])):
            worst = 0.0
            for a, b in zip(side, wanted, strict=True):
                assert a.shape == b.shape and a.dtype == b.dtype, what
                error = float(np.abs(a - b).max() / max(np.abs(b).max(), 1e-3))
                assert error <= gate, f"{what}: {error}"
                worst = max(worst, error)
            errors.append(worst)
        return errors


@pytest.fixture(params=["float32", "float64"])
def example(request):
    """The example of a row, in both dtypes."""
    return lambda row: Example(row, request.param)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[1]} {row[0][15:]} {row[2]}")
def test_sequences(row, example, written, recording, request):
    example = example(row)
    source = example.written(example.source)
    record = recording.row(request.node.path.stem, "recurrent", source, {"x": SEQUENCES})
    example.record(record)
    for target, errors in (("tf2", _tf2(example, written, lambda f: f)), ("torch", _torch(example, written))):
        text = example.written(written(target, example.source, {}, {}).text, example.name)
        record.measured(target, example.x.dtype.name, text, errors)


@pytest.mark.parametrize("row", COMPILED, ids=lambda row: row[1])
def test_compiled_sequences(row, written):
    """The sizes of the batch and of the sequences aren't known when a function is traced."""
    import tensorflow as tf

    example = Example(row, "float32")
    shape = [4, 5, 3] if example.static else [None, None, 3]
    signature = [tf.TensorSpec(shape, tf.float32)]
    _tf2(example, written, lambda function: tf.function(function, input_signature=signature))


def _tf2(example, written, compiled):
    import tensorflow as tf

    cells, weights, function = example.cells(written, "tf2", tf.Variable)

    def run(x):
        given = tf.unstack(x, axis=1) if example.static else x
        return _applied(function, cells, given, example.lengths, example.options, None)

    x = tf.constant(example.x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        found = compiled(run)(x)
        total = tf.add_n([tf.reduce_sum(r * w) for r, w in zip(found, example.cotangents, strict=True)])
    slopes = tape.gradient(total, [x, *weights], unconnected_gradients="zero")
    return example.check([r.numpy() for r in found], [tf.convert_to_tensor(s).numpy() for s in slopes], "tf2")


def _torch(example, written):
    import torch

    cells, weights, function = example.cells(written, "torch", lambda array: torch.nn.Parameter(torch.tensor(array)))
    x = torch.tensor(example.x, requires_grad=True)
    given = x.unbind(1) if example.static else x
    found = _applied(function, cells, given, example.lengths, example.options, None)
    sum(torch.sum(r * torch.tensor(w)) for r, w in zip(found, example.cotangents, strict=True)).backward()
    slopes = [torch.zeros_like(t) if t.grad is None else t.grad for t in (x, *weights)]
    return example.check([r.detach().numpy() for r in found], [s.numpy() for s in slopes], "torch")
