"""Makes torch compute in float64 wherever a program says float32, without a change to the program."""

from __future__ import annotations

import functools


def install(torch):
    """Patch an imported torch: dtype names, conversions and the default dtype.

    Torch's own tables of storage types, which saving and loading need, are filled before.
    """
    for table in ("_dtype_to_storage_type_map", "_storage_type_to_dtype_map"):
        getattr(torch.storage, table, lambda: None)()
    double = torch.float64
    wider = {torch.float32: double, torch.complex64: torch.complex128}
    torch.set_default_dtype(double)
    torch.float32 = torch.float = double
    torch.complex64 = torch.cfloat = torch.complex128
    torch.FloatTensor = torch.DoubleTensor
    torch.Tensor.float = torch.Tensor.double
    torch.nn.Module.float = torch.nn.Module.double

    def widening(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            result = function(*args, **kwargs)
            return result.to(wider[result.dtype]) if result.dtype in wider else result

        return wrapper

    for name in ("tensor", "as_tensor", "from_numpy", "asarray"):
        setattr(torch, name, widening(getattr(torch, name)))
