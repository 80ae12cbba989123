"""The catalogue's entries are complete, unambiguous and agree with TensorFlow's own signatures."""

from __future__ import annotations

import ast
import inspect
import os

import pytest

from actlint.apis import catalogue
from actlint.apis.catalogue import entries, lookup, spellings
from actlint.apis.entry import Entry, LayerEntry, OptimizerEntry, Rename
from actlint.apis.helpers import helpers

SINCE_1_15 = {"layout", "bad_indices_policy", "output_type", "grad_a", "grad_b", "index_type", "axis", "beta"}
SINCE_1_15 |= {"align", "use_own_namescope_for_non_slot_vars"}
GONE_SINCE_1_15 = {"_sentinel"}
SIGNED_OTHERWISE = {"nn.rnn_cell.DropoutWrapper", "nn.rnn_cell.LSTMStateTuple"}
"""Classes whose constructors are inherited or made, so that they don't tell their parameters."""
BEFORE_1 = {"neg", "sub", "mul", "inv", "pack", "unpack", "batch_matmul", "select"}
BEFORE_1 |= {"image.per_image_whitening"}


def parameters(entry: Entry) -> list[str]:
    function = ast.parse(f"def f({entry.signature}): pass").body[0]
    assert isinstance(function, ast.FunctionDef)
    return [argument.arg for argument in function.args.args]


def test_lookup_finds_every_spelling():
    assert lookup("nn.tanh") is lookup("tanh") is lookup("math.tanh")
    assert lookup("mul") is lookup("multiply")
    assert lookup("no.such.symbol") is None


def test_two_entries_with_one_spelling_are_an_error(monkeypatch):
    twice = (Entry("first", "x"), Entry("second", "x", aliases=("first",)))
    monkeypatch.setattr(catalogue, "entries", lambda: twice)
    spellings.cache_clear()
    try:
        with pytest.raises(ValueError, match="first is spelled by first and by second"):
            spellings()
    finally:
        spellings.cache_clear()


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.name)
def test_entry_is_whole(entry):
    names = parameters(entry)
    assert len(set(names)) == len(names)
    assert set(entry.renamed.values()) <= {*names, "weights", "labels", "axis"}
    assert not set(entry.renamed) & set(names)
    for form in (entry.tf2, entry.torch):
        if isinstance(form, Rename):
            assert set(form.parameters) <= set(names), form
            assert "compat.v1" not in form.name
            unlisted = set(names) - set(form.parameters) - set(form.drop)
            assert entry.name == "cumsum" or not {"axis", "keepdims"} & unlisted
    if entry.tf2 is None and entry.torch is None:
        assert entry.trap or entry.kind == "optimizer", "without a form it has to say why"
    else:
        assert entry.tf2 is not None and entry.torch is not None
    if isinstance(entry, LayerEntry):
        assert entry.base and entry.input in names
    elif not isinstance(entry, OptimizerEntry) and entry.kind not in ("initializer", "host", "cell", "rnn", "state"):
        assert entry.dtype is not None


@pytest.fixture(scope="module")
def v1():
    """TF1's names as the installed TensorFlow keeps them."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    tensorflow = pytest.importorskip("tensorflow")
    from tf_keras.src.layers.rnn import legacy_cells
    from tf_keras.src.legacy_tf_layers import convolutional, core, normalization, pooling

    found = {
        "layers.dense": core.dense,
        "layers.dropout": core.dropout,
        "layers.flatten": core.flatten,
        "layers.conv2d": convolutional.conv2d,
        "layers.conv2d_transpose": convolutional.conv2d_transpose,
        "layers.max_pooling2d": pooling.max_pooling2d,
        "layers.average_pooling2d": pooling.average_pooling2d,
        "layers.batch_normalization": normalization.batch_normalization,
    }

    def resolve(name):
        if name in found:
            return found[name]
        if name.startswith("nn.rnn_cell."):
            return getattr(legacy_cells, name.rpartition(".")[2])
        value = tensorflow.compat.v1
        for part in name.split("."):
            value = getattr(value, part)
        return value

    return resolve


def _signature(function) -> list[str]:
    from tensorflow.python.util import tf_inspect

    if inspect.isclass(function):
        function = function.__init__
    return [name for name in tf_inspect.getfullargspec(function).args if name != "self"]


@pytest.mark.parametrize("entry", [e for e in entries() if "contrib." not in e.name], ids=lambda entry: entry.name)
def test_signature_is_tensorflow_s(entry, v1):
    if entry.name == "einsum" or entry.name in SIGNED_OTHERWISE:
        return  # takes any number of tensors, or doesn't tell
    names = [name for name in _signature(v1(entry.name)) if entry.renamed.get(name, name) == name]
    wanted = [name for name in parameters(entry) if name not in entry.renamed.values() or name in names]
    wanted = wanted[1:] if entry.kind == "method" else wanted
    names = [name for name in names if name in wanted or name not in SINCE_1_15]
    if entry.name == "nn.softmax_cross_entropy_with_logits":
        names.remove("axis")  # it is a second spelling of `dim`, whose place it has here
        wanted.remove("axis")
    assert [name for name in wanted if name not in GONE_SINCE_1_15] == names


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.name)
def test_aliases_are_the_same_function(entry, v1):
    if "contrib." in entry.name:
        return
    for alias in entry.aliases:
        if alias in BEFORE_1 or "contrib." in alias or alias.startswith("ops."):
            continue
        assert _signature(v1(alias)) == _signature(v1(entry.name)), alias


@pytest.mark.parametrize("target", ["tf2", "torch"])
def test_helpers_are_whole(target):
    table = helpers(target)
    for name, helper in table.items():
        assert name == helper.name
        assert set(helper.needs) <= set(table)
        if not helper.source:
            assert helper.imports
            continue
        tree = ast.parse(helper.source)
        assert [node.name for node in tree.body] == [name]
        assert ast.get_docstring(tree.body[0])
        assert helper.source.endswith("\n") and max(map(len, helper.source.splitlines())) <= 120
        called = {
            node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert called & set(table) <= {*helper.needs, name}
