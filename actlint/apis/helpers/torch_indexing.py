"""Helpers for indices, masks and groups in PyTorch code."""

from __future__ import annotations

from actlint.apis.helpers import Helper

INDEXING = (
    Helper(
        "scatter_nd",
        '''\
def scatter_nd(indices, updates, shape):
    """Zeros with updates at some indices; those of an index that occurs twice add up."""
    zeros = torch.zeros(tuple(shape), dtype=updates.dtype, device=updates.device)
    return zeros.index_put(indices.long().unbind(-1), updates, accumulate=True)
''',
    ),
    Helper(
        "setdiff1d",
        '''\
def setdiff1d(x, y, dtype=torch.int32):
    """The entries of x that aren't in y, in their order, and their places."""
    places = torch.nonzero(~torch.isin(x, y)).squeeze(1)
    return x[places], places.to(dtype)
''',
    ),
    Helper(
        "sequence_mask",
        '''\
def sequence_mask(lengths, maxlen=None, dtype=torch.bool):
    """Rows that are true up to each length."""
    places = torch.arange(int(lengths.max()) if maxlen is None else maxlen, device=lengths.device)
    return (places < lengths.unsqueeze(-1)).to(dtype)
''',
    ),
    Helper(
        "segments",
        '''\
def segments(data, ids, count=None, mean=False):
    """Sums or means of the rows that have the same id; rows with a negative id are left out."""
    rows, ids = data.flatten(0, ids.dim() - 1) if ids.dim() > 1 else data, ids.reshape(-1).long()
    count = (int(ids[-1]) + 1 if len(ids) else 0) if count is None else count
    rows, ids = rows[ids >= 0], ids[ids >= 0]
    total = torch.zeros((count, *rows.shape[1:]), dtype=rows.dtype, device=rows.device).index_add(0, ids, rows)
    if not mean:
        return total
    members = torch.clamp(torch.bincount(ids, minlength=count), min=1).to(rows.dtype)
    return total / members.reshape(-1, *[1] * (rows.dim() - 1))
''',
    ),
)
