"""What torch tells about a program's modules, weights and optimizers."""

from __future__ import annotations

import torch
from torch.optim import optimizer

from . import discover_after, reach


class Torch(discover_after.Hooks):
    """torch's side of discovery."""

    def __init__(self):
        self.kinds = {}

    def array(self, value):
        if isinstance(value, torch.Tensor):
            value = value.detach()
            return (value.to_dense() if value.is_sparse else value).cpu().numpy()
        return discover_after.as_numeric(value)

    def children(self, path, value, is_own):
        if isinstance(value, optimizer.Optimizer):
            return []
        if not isinstance(value, torch.nn.Module):
            return reach.plain_children(path, value, is_own)
        out = []
        for table in (value._parameters, value._buffers, value._modules):
            for name, inner in table.items():
                out.append((_member(path, value, name), inner))
                if isinstance(inner, torch.Tensor):
                    self.kinds[id(inner)] = _kind(value, name)
        tables = ("_parameters", "_buffers", "_modules")
        return out + [(f"{path}.{n}", inner) for n, inner in vars(value).items() if n not in tables and n[:1] != "_"]

    def weight(self, value):
        if not isinstance(value, torch.Tensor) or not value.is_leaf:
            return None
        known = self.kinds.get(id(value))
        if known is None and not value.requires_grad or not value.is_floating_point():
            return None
        return known or "raw", value.detach().cpu().numpy(), value.requires_grad

    def watch(self, watcher):
        optimizer.register_optimizer_step_post_hook(lambda *_: watcher.applied())

    def changes(self, weights):
        return sum(weight["object"]._version for weight in weights.values())


def _member(path, module, name):
    if isinstance(module, torch.nn.ModuleDict):
        return f"{path}[{name!r}]"
    return f"{path}[{name}]" if name.isdigit() else f"{path}.{name}"


def _kind(module, name):
    if isinstance(module, torch.nn.Linear):
        return "linear"
    if isinstance(module, torch.nn.modules.conv._ConvNd):
        return "convolution"
    return "stock" if type(module).__module__.startswith("torch.nn") else "raw"
