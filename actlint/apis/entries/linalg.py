"""Functions of matrices, which are the last two axes of a tensor."""

from __future__ import annotations

from actlint.apis.entry import UNKNOWN, Bound, Entry, Form, Rewriting
from actlint.apis.forms import refuse_given, rename
from actlint.apis.infer import common, dtype_of, shape_of
from actlint.apis.shape import Shape

_SIGNS = "The signs of the vectors are the library's choice, and TF1's, torch's and the GPU's differ."


def _swapped(parameter: str) -> Form:
    return lambda call: f"torch.transpose({call.tensor(parameter)}, -2, -1)"


def _swapped_shape(call: Bound) -> Shape | None:
    shape = call.shape("a")
    return (*shape[:-2], shape[-1], shape[-2]) if shape and len(shape) > 1 else None


def _solved(call: Rewriting) -> str:
    refuse_given(call, "adjoint", "transpose the matrix with tf.matrix_transpose")
    return f"torch.linalg.solve({call.tensor('matrix')}, {call.tensor('rhs')})"


def _triangular(call: Rewriting) -> str:
    lower = call.const("lower", True)
    if not isinstance(lower, bool) or call.const("adjoint", False) is not False:
        call.refuse("which triangle is solved isn't known here", "write lower=True or lower=False, without adjoint")
    matrix, rhs = call.tensor("matrix"), call.tensor("rhs")
    return f"torch.linalg.solve_triangular({matrix}, {rhs}, upper={not lower})"


def _last(shape: Shape | None, dropped: int) -> Shape | None:
    return shape[: len(shape) - dropped] if shape is not None and len(shape) >= dropped else None


def _rank(call: Rewriting, parameter: str, rank: int) -> None:
    shape = call.shape(parameter)
    if shape is None or len(shape) != rank:
        call.refuse(f"only tensors of rank {rank} are carried over", "use tf.matrix_diag or tf.matrix_diag_part")


def _diag(call: Rewriting) -> str:
    _rank(call, "diagonal", 1)
    return f"torch.diag({call.tensor('diagonal')})"


def _diag_part(call: Rewriting) -> str:
    _rank(call, "input", 2)
    return f"torch.diagonal({call.tensor('input')})"


def _main_diagonal(call: Rewriting) -> None:
    refuse_given(call, "k num_rows num_cols padding_value", "leave it out: only the main diagonal is carried over")


def _matrix_diag(call: Rewriting) -> str:
    _main_diagonal(call)
    return f"torch.diag_embed({call.tensor('diagonal')})"


def _matrix_diag_part(call: Rewriting) -> str:
    _main_diagonal(call)
    return f"torch.diagonal({call.tensor('input')}, dim1=-2, dim2=-1)"


def _matrix_set_diag(call: Rewriting) -> str:
    _main_diagonal(call)
    return f"torch.diagonal_scatter({call.tensor('input')}, {call.tensor('diagonal')}, dim1=-2, dim2=-1)"


def _diagonal_shape(call: Bound) -> Shape | None:
    shape = call.shape("diagonal")
    return (*shape, shape[-1]) if shape else None


def _part_shape(call: Bound) -> Shape | None:
    """The main diagonal is as long as the shorter side."""
    shape = call.shape("input")
    if shape is None or len(shape) < 2:
        return None
    sides = [side for side in shape[-2:] if side.value is not None]
    return (*shape[:-2], min(sides, key=lambda side: side.value or 0)) if len(sides) == 2 else None


def _band(call: Rewriting) -> str:
    low, high = call.const("num_lower"), call.const("num_upper")
    if not isinstance(low, int) or not isinstance(high, int):
        call.refuse("the width of the band isn't known here", "write it as numbers")
    text = call.tensor("input")
    if high >= 0:
        text = f"torch.tril({text}{f', {high}' if high else ''})"
    if low >= 0:
        text = f"torch.triu({text}{f', -{low}' if low else ''})"
    return text


def _einsum(call: Rewriting) -> str:
    equation = call.const("equation")
    if equation is UNKNOWN:
        call.refuse("the equation isn't known here", "write it as a string")
    operands = [call.tensor(p) for p in ("first", "second", "third") if call.given(p)]
    return f"torch.einsum({', '.join([call.text('equation'), *operands])})"


def _square_entry(name: str, alias: str, tf2: str, torch: str, dropped: int = 0) -> Entry:
    """A function of one square matrix, or of a batch of them."""

    def form(call: Rewriting) -> str:
        refuse_given(call, "adjoint", "transpose the matrix with tf.matrix_transpose")
        return f"{torch}({call.tensor('input')})"

    adjoint = ", adjoint=False" if name == "matrix_inverse" else ""
    return Entry(
        name,
        f"input{adjoint}, name=None",
        aliases=(alias,),
        shape=lambda call: _last(call.shape("input"), dropped),
        dtype=dtype_of("input"),
        tf2=rename(tf2, f"input{' adjoint' if adjoint else ''}"),
        torch=form,
    )


def _refused(name: str, signature: str, aliases: str, count: int) -> Entry:
    """A decomposition that has no exact form."""
    return Entry(
        name,
        signature,
        aliases=tuple(aliases.split()),
        dtype=lambda call: [call.dtype(signature.partition(",")[0])] * count,
        outputs=lambda call: count,
        trap=_SIGNS,
    )


ENTRIES: tuple[Entry, ...] = (
    _square_entry("matrix_inverse", "linalg.inv", "tf.linalg.inv", "torch.linalg.inv"),
    _square_entry("matrix_determinant", "linalg.det", "tf.linalg.det", "torch.linalg.det", 2),
    _square_entry("cholesky", "linalg.cholesky", "tf.linalg.cholesky", "torch.linalg.cholesky"),
    Entry(
        "matrix_solve",
        "matrix, rhs, adjoint=False, name=None",
        aliases=("linalg.solve",),
        shape=shape_of("rhs"),
        dtype=common("matrix", "rhs"),
        tf2=rename("tf.linalg.solve", "matrix rhs adjoint"),
        torch=_solved,
    ),
    Entry(
        "matrix_triangular_solve",
        "matrix, rhs, lower=True, adjoint=False, name=None",
        aliases=("linalg.triangular_solve",),
        shape=shape_of("rhs"),
        dtype=common("matrix", "rhs"),
        tf2=rename("tf.linalg.triangular_solve", "matrix rhs lower adjoint"),
        torch=_triangular,
    ),
    Entry(
        "matrix_transpose",
        "a, name='matrix_transpose', conjugate=False",
        aliases=("linalg.transpose", "linalg.matrix_transpose"),
        shape=_swapped_shape,
        dtype=dtype_of("a"),
        tf2=rename("tf.linalg.matrix_transpose", "a conjugate"),
        torch=_swapped("a"),
    ),
    Entry(
        "trace",
        "x, name=None",
        aliases=("linalg.trace",),
        shape=lambda call: _last(call.shape("x"), 2),
        dtype=dtype_of("x"),
        tf2=rename("tf.linalg.trace", "x"),
        torch=lambda call: f"torch.diagonal({call.tensor('x')}, dim1=-2, dim2=-1).sum(-1)",
    ),
    Entry(
        "diag",
        "diagonal, name=None",
        aliases=("linalg.tensor_diag",),
        shape=_diagonal_shape,
        dtype=dtype_of("diagonal"),
        tf2=rename("tf.linalg.tensor_diag", "diagonal"),
        torch=_diag,
    ),
    Entry(
        "diag_part",
        "input, name=None",
        aliases=("linalg.tensor_diag_part",),
        shape=lambda call: _last(call.shape("input"), 1),
        dtype=dtype_of("input"),
        tf2=rename("tf.linalg.tensor_diag_part", "input"),
        torch=_diag_part,
    ),
    Entry(
        "matrix_diag",
        "diagonal, name='diag', k=0, num_rows=-1, num_cols=-1, padding_value=0",
        aliases=("linalg.diag",),
        shape=_diagonal_shape,
        dtype=dtype_of("diagonal"),
        tf2=rename("tf.linalg.diag", "diagonal k num_rows num_cols padding_value"),
        torch=_matrix_diag,
    ),
    Entry(
        "matrix_diag_part",
        "input, name='diag_part', k=0, padding_value=0",
        aliases=("linalg.diag_part",),
        shape=_part_shape,
        dtype=dtype_of("input"),
        tf2=rename("tf.linalg.diag_part", "input k padding_value"),
        torch=_matrix_diag_part,
    ),
    Entry(
        "matrix_set_diag",
        "input, diagonal, name='set_diag', k=0",
        aliases=("linalg.set_diag",),
        shape=shape_of("input"),
        dtype=dtype_of("input"),
        tf2=rename("tf.linalg.set_diag", "input diagonal k"),
        torch=_matrix_set_diag,
    ),
    Entry(
        "matrix_band_part",
        "input, num_lower, num_upper, name=None",
        aliases=("linalg.band_part",),
        shape=shape_of("input"),
        dtype=dtype_of("input"),
        tf2=rename("tf.linalg.band_part", "input num_lower num_upper"),
        torch=_band,
        trap="A negative number keeps the whole triangle.",
    ),
    Entry(
        "einsum",
        "equation, first, second=None, third=None, name=None",
        aliases=("linalg.einsum",),
        dtype=dtype_of("first"),
        tf2=rename("tf.einsum", "equation first second third"),
        torch=_einsum,
    ),
    _refused("self_adjoint_eig", "tensor, name=None", "linalg.eigh", 2),
    _refused("svd", "tensor, full_matrices=False, compute_uv=True, name=None", "linalg.svd", 3),
    _refused("qr", "input, full_matrices=False, name=None", "linalg.qr", 2),
)
