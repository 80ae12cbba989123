"""Replays a rewritten torch program. Usage: after_torch.py JOB."""

from __future__ import annotations

import importlib
import os
import sys

sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from runners import compare, events, float64_torch, framework, noise_torch, passes, program, replay  # noqa: E402

sys.path.pop(0)

import numpy as np  # noqa: E402


class Torch(framework.Framework):
    """torch with the original's noise, or as it is."""

    def __init__(self, torch, decisive):
        super().__init__(torch, decisive)
        self.torch, self.scale, self.scaled = torch, 1.0, []

    def feed(self, array, original):
        own = self.value(original)
        if own.dtype.kind in "biu" and np.array_equal(own, array):
            return original
        if isinstance(original, self.torch.Tensor):
            return self.torch.as_tensor(array.copy())
        if isinstance(original, (bool, int, float, np.generic)):
            return array.item()
        return array.copy()

    def value(self, value):
        if isinstance(value, self.torch.Tensor):
            value = value.detach().to_dense() if value.is_sparse else value.detach()
            value = value.cpu().numpy()
        return framework.as_array(value)

    def read(self, weight):
        return self.value(weight)

    def write(self, weight, array):
        with self.torch.no_grad():
            weight.copy_(self.torch.as_tensor(np.array(array, order="C")))

    def copy(self, value):
        if isinstance(value, self.torch.Tensor):
            return value.detach().clone()
        return np.array(value, copy=True) if isinstance(value, np.ndarray) else value

    def seed(self, number, fixed):
        self.torch.manual_seed(number)
        if fixed:
            self.torch.manual_seed = self.torch.random.manual_seed = self.ignore

    def meet(self, weight):
        known = not isinstance(weight, self.torch.Tensor) or any(weight is other for other in self.scaled)
        if self.scale != 1.0 and not known and weight.requires_grad:
            self.scaled.append(weight)
            weight.register_hook(lambda gradient: gradient * self.scale)

    def slots(self):
        for optimizer in self.stepped or self.optimizers:
            for weight, state in optimizer.state.items():
                for name, value in state.items():
                    if isinstance(value, self.torch.Tensor) and value.shape == weight.shape:
                        yield weight, name, value


def watch_gradients(torch, player):
    """Optimizers report what they are about to apply, ``autograd.grad`` what it gives."""
    from torch.optim import optimizer

    def before_step(current, args, kwargs):
        player.framework.stepping(current)
        _settle(parameter.grad for group in current.param_groups for parameter in group["params"])
        for group in current.param_groups:
            for parameter in group["params"]:
                kept = None if parameter.grad is None else parameter.grad.detach().clone()
                player.gradient_seen("applied", parameter, kept)

    optimizer.register_optimizer_step_pre_hook(before_step)
    original = torch.autograd.grad

    def grad(outputs, inputs, *arguments, **keywords):
        result = original(outputs, inputs, *arguments, **keywords)
        sources = [inputs] if isinstance(inputs, torch.Tensor) else list(inputs)
        for source, own in zip(sources, result, strict=True):
            player.gradient_seen("raw", source, own)
        return result

    torch.autograd.grad = grad


def _settle(gradients):
    """Make zero of what is nothing but rounding, beside the others."""
    known = [own for own in gradients if own is not None and own.numel() and not own.is_sparse]
    sizes = [float(own.abs().max()) for own in known]
    for own, size in zip(known, sizes, strict=True):
        if size <= max(sizes) * compare.lost(np.float64):
            own.zero_()


def main():
    """Run the job."""
    job = program.read_job(sys.argv[1])
    decisive = job["mode"] == "decisive"
    try:
        import torch
    except ImportError as error:
        program.write_failure(job, {"missing": "torch", "text": str(error)})
        return
    torch.set_num_threads(1)
    if len(job["passes"]) > 1:
        importlib.import_module("torch._dynamo")  # the first optimizer would import it, in each pass
    if events.missing():
        events.install_torch()
    if job["mode"] == "rewritten":
        from runners import discover_after, hooks_torch

        discover_after.conduct(job, hooks_torch.Torch())
        return

    def prepare(job, player, keyed):
        if job["precision"] == "float64":
            float64_torch.install(torch)
        noise_torch.install(torch, keyed)
        watch_gradients(torch, player)
        if job["pass"] == passes.SCALED:
            player.framework.scale = passes.SCALE

    replay.conduct(job, Torch(torch, decisive), prepare)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
