"""Functions of matrices against TF1."""

from __future__ import annotations

import numpy as np
import pytest

_random = np.random.RandomState(5)
M = _random.uniform(-1, 1, (3, 3)) + 2 * np.eye(3)
BATCH = _random.uniform(-1, 1, (2, 3, 3)) + 2 * np.eye(3)
WIDE = _random.uniform(-1, 1, (2, 3, 4))
RHS = _random.uniform(-1, 1, (3, 2))
VECTOR = _random.uniform(-1, 1, 3)
ROWS = _random.uniform(-1, 1, (2, 3))
LOOSE = (2e-5, 2e-5)


@pytest.mark.parametrize(
    "source",
    [
        "tf.matrix_inverse(m)",
        "tf.linalg.inv(b)",
        "tf.matrix_determinant(m)",
        "tf.matrix_determinant(b)",
        "tf.cholesky(tf.matmul(m, m, transpose_b=True))",
        "tf.linalg.cholesky(tf.matmul(b, b, transpose_b=True))",
        "tf.matrix_solve(m, r)",
        "tf.matrix_triangular_solve(m, r)",
        "tf.matrix_triangular_solve(m, rhs=r, lower=False)",
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_solving(source, dtype, parity):
    inputs = {"m": M, "b": BATCH, "r": RHS}
    used = {n: v for n, v in inputs.items() if f"({n}" in source or f" {n}" in source or f"={n}" in source}
    parity(source, inputs=used, dtypes=(dtype,), gates=LOOSE if dtype == "float32" else (1e-11, 1e-11))


@pytest.mark.parametrize(
    "source",
    [
        "tf.trace(m)",
        "tf.trace(b)",
        "tf.trace(w)",
        "tf.matrix_transpose(w)",
        "tf.diag(v)",
        "tf.diag_part(m)",
        "tf.matrix_diag(v)",
        "tf.matrix_diag(r)",
        "tf.matrix_diag_part(b)",
        "tf.matrix_diag_part(w)",
        "tf.linalg.diag_part(input=w)",
        "tf.matrix_set_diag(b, r)",
        "tf.matrix_band_part(b, -1, 0)",
        "tf.matrix_band_part(b, 0, -1)",
        "tf.matrix_band_part(w, 1, 2)",
        "tf.linalg.band_part(w, 0, 1)",
        "tf.matrix_band_part(w, -1, -1)",
        "tf.einsum('ij,jk->ik', m, m)",
        "tf.einsum('bij,bjk->bik', b, w)",
        "tf.einsum('bij,j->bi', b, v)",
        "tf.einsum('bi,bi->b', r, r)",
        "tf.einsum('i,j->ij', v, v)",
        "tf.einsum('ij->ji', m)",
    ],
)
def test_diagonals_and_products(source, parity):
    inputs = {"m": M, "b": BATCH, "w": WIDE, "v": VECTOR, "r": ROWS}
    used = source.partition("(")[2]
    parity(source, inputs={n: v for n, v in inputs.items() if f"({n}" in source or f" {n}" in used or f"={n}" in used})


@pytest.mark.parametrize("source", ["tf.svd(m)", "tf.qr(m)", "tf.self_adjoint_eig(m)"])
def test_decompositions_with_open_signs_have_no_form(source, rewrite):
    from actlint.apis.catalogue import lookup

    entry = lookup(source.partition("(")[0].removeprefix("tf."))
    assert entry is not None and entry.tf2 is None and entry.torch is None and "signs" in entry.trap


@pytest.mark.parametrize(
    "source",
    ["tf.matrix_inverse(m, adjoint=True)", "tf.diag(m)", "tf.matrix_diag(v, k=1)", "tf.matrix_band_part(m, k, k)"],
)
def test_refusals(source, text, refusal):
    with pytest.raises(refusal):
        text("torch", source, m=(3, 3), v=(3,), k=())
