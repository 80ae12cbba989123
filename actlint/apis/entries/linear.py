"""Matrix products and norms."""

from __future__ import annotations

from actlint.apis.entry import UNKNOWN, Bound, Entry, Form, Rename, Rewriting
from actlint.apis.forms import axes, like, operand_like, refuse_given, rename, tensor_operand
from actlint.apis.infer import combined, common, dtype_of, shape_of
from actlint.apis.shape import Shape

_FLAGS = "transpose_a transpose_b adjoint_a adjoint_b a_is_sparse b_is_sparse"


def _flag(call: Bound, *names: str) -> bool:
    return any(call.given(name) and call.const(name) not in (False, UNKNOWN) for name in names)


def _matmul_shape(call: Bound) -> Shape | None:
    a, b = call.shape("a"), call.shape("b")
    if a is None or b is None or len(a) < 2 or len(b) < 2:
        return None
    row = a[-1] if _flag(call, "transpose_a", "adjoint_a") else a[-2]
    column = b[-2] if _flag(call, "transpose_b", "adjoint_b") else b[-1]
    batch = combined([a[:-2], b[:-2]])
    return None if batch is None else (*batch, row, column)


def _matmul(call: Rewriting) -> str | Rename:
    for flag in _FLAGS.split():
        if call.given(flag) and call.const(flag) is UNKNOWN:
            call.refuse(f"{flag} isn't known here", "write True or False")
    left, right = _flag(call, "transpose_a", "adjoint_a"), _flag(call, "transpose_b", "adjoint_b")
    if not left and not right and call.is_tensor("a") and call.is_tensor("b"):
        return rename("torch.matmul", "a=input b=other", _FLAGS)
    a = f"{tensor_operand(call, 'a')}.mT" if left else like(call, "a", "b")
    b = f"{tensor_operand(call, 'b')}.mT" if right else like(call, "b", "a")
    return f"torch.matmul({a}, {b})"


def _plus_bias(product: str) -> Form:
    def form(call: Rewriting) -> str:
        return f"{product}({call.tensor('x')}, {call.tensor('weights')}) + {operand_like(call, 'biases', 'x')}"

    return form


def _plus_bias_shape(call: Bound) -> Shape | None:
    x, weights = call.shape("x"), call.shape("weights")
    return (x[0], weights[1]) if x and weights and len(weights) == 2 else None


def _bias_add(call: Rewriting) -> str:
    if call.given("data_format") and call.const("data_format") not in ("NHWC", "N...C"):
        refuse_given(call, "data_format", "move the channels to the last axis")
    return f"{call.operand('value')} + {operand_like(call, 'bias', 'value')}"


def _l2_normalize(call: Rewriting) -> str:
    """F.normalize bounds the norm, TF1 the squared norm."""
    if not call.given("epsilon"):
        epsilon = "1e-6"
    else:
        value = call.const("epsilon")
        epsilon = f"{call.operand('epsilon')} ** 0.5" if value is UNKNOWN else repr(value**0.5)
    return f"F.normalize({call.tensor('x')}{axes(call, 'axis', 'x')}, eps={epsilon})"


def _embedding_shape(call: Bound) -> Shape | None:
    params, ids = call.shape("params"), call.shape("ids")
    return None if not params or ids is None else (*ids, *params[1:])


def _embedding(call: Rewriting) -> str | Rename:
    refuse_given(call, "max_norm", "clip the looked-up vectors with tf.clip_by_norm")
    if call.shapes("params"):
        call.refuse("embeddings in several shards can't be carried over", "keep them in one variable")
    if call.text("sparse", ""):
        return sparse_lookup(call, "ids")
    shape = call.shape("params")
    if shape is not None and len(shape) != 2 or not call.is_tensor("ids"):
        return f"{tensor_operand(call, 'params')}[{call.text('ids')}]"
    return f"F.embedding({call.text('ids')}, {call.tensor('params')})"


def sparse_lookup(call: Rewriting, ids: str) -> str:
    """A lookup by rows of a variable whose gradient has only these rows."""
    index, shape = call.tensor(ids), call.shape("params")
    if shape is None or len(shape) not in (1, 2):
        call.refuse("torch has no gradient of rows for this lookup", "look up vectors in a matrix")
    if len(shape) == 2:
        return f"F.embedding({index}, {call.text('params')}, sparse=True)"
    found, known = call.operand(ids), call.shape(ids)
    if known is not None and len(known) == 1:
        return f"torch.gather({call.text('params')}, 0, {found}.long(), sparse_grad=True)"
    flat = f"torch.gather({call.text('params')}, 0, {found}.flatten().long(), sparse_grad=True)"
    return f"{flat}.reshape({found}.shape)"


def _embedding_tf2(call: Rewriting) -> Rename:
    if call.shapes("params"):
        call.refuse("embeddings in several shards can't be carried over", "keep them in one variable")
    return rename("tf.nn.embedding_lookup", "params ids max_norm", "partition_strategy validate_indices")


def _tensordot(call: Rewriting) -> str:
    if call.is_tensor("axes"):
        call.refuse("the axes of tf.tensordot are a tensor", "write them as numbers")
    return f"torch.tensordot({call.tensor('a')}, {call.tensor('b')}, {call.text('axes')})"


ENTRIES: tuple[Entry, ...] = (
    Entry(
        "matmul",
        "a, b, transpose_a=False, transpose_b=False, adjoint_a=False, adjoint_b=False, a_is_sparse=False, "
        "b_is_sparse=False, name=None",
        aliases=("linalg.matmul", "batch_matmul"),
        renamed={"adj_x": "adjoint_a", "adj_y": "adjoint_b"},
        shape=_matmul_shape,
        dtype=common("a", "b"),
        tf2=rename("tf.matmul", f"a b {_FLAGS}"),
        torch=_matmul,
    ),
    Entry(
        "tensordot",
        "a, b, axes, name=None",
        aliases=("linalg.tensordot",),
        dtype=common("a", "b"),
        tf2=rename("tf.tensordot", "a b axes"),
        torch=_tensordot,
    ),
    Entry(
        "nn.xw_plus_b",
        "x, weights, biases, name=None",
        shape=_plus_bias_shape,
        dtype=dtype_of("x"),
        tf2=lambda call: f"tf.matmul({call.text('x')}, {call.text('weights')}) + {call.operand('biases')}",
        torch=_plus_bias("torch.matmul"),
    ),
    Entry(
        "nn.bias_add",
        "value, bias, data_format=None, name=None",
        shape=shape_of("value"),
        dtype=dtype_of("value"),
        tf2=rename("tf.nn.bias_add", "value bias data_format"),
        torch=_bias_add,
    ),
    Entry(
        "nn.l2_loss",
        "t, name=None",
        shape=lambda call: (),
        dtype=dtype_of("t"),
        tf2=rename("tf.nn.l2_loss", "t"),
        torch=lambda call: f"torch.sum(torch.square({call.tensor('t')})) / 2",
        trap="Half the sum of squares, not their mean.",
    ),
    Entry(
        "nn.l2_normalize",
        "x, axis=None, epsilon=1e-12, name=None",
        aliases=("linalg.l2_normalize", "math.l2_normalize"),
        renamed={"dim": "axis"},
        shape=shape_of("x"),
        dtype=dtype_of("x"),
        tf2=rename("tf.math.l2_normalize", "x axis epsilon"),
        torch=_l2_normalize,
        trap="The epsilon bounds the squared norm; F.normalize bounds the norm.",
    ),
    Entry(
        "nn.embedding_lookup",
        "params, ids, partition_strategy='mod', name=None, validate_indices=True, max_norm=None",
        shape=_embedding_shape,
        dtype=dtype_of("params"),
        tf2=_embedding_tf2,
        torch=_embedding,
    ),
)
