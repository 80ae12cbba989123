"""Optimizers for PyTorch that torch.optim doesn't have, or has with other updates of looked-up rows."""

from __future__ import annotations

from actlint.apis.helpers import Helper

_BASE = ("RowOptimizer",)

HELPERS = (
    Helper(
        "dense",
        '''\
def dense(gradient):
    """A gradient as a whole tensor; that of a lookup has the sums of what each row gets."""
    return gradient.to_dense() if gradient is not None and gradient.is_sparse else gradient
''',
    ),
    Helper(
        "clip_rows",
        '''\
def clip_rows(gradient, clip):
    """What `clip` makes of a gradient; that of a lookup is clipped before what each row gets is
    summed."""
    if not gradient.is_sparse:
        return clip(gradient)
    return torch.sparse_coo_tensor(gradient._indices(), clip(gradient._values()), gradient.shape)
''',
    ),
    Helper(
        "global_norm_of_rows",
        '''\
def global_norm_of_rows(tensors):
    """The norm of all tensors' elements together; what a row gets from several lookups isn't
    summed."""
    parts = [tensor._values() if tensor.is_sparse else tensor for tensor in tensors if tensor is not None]
    return torch.sqrt(sum(torch.sum(part**2) for part in parts))
''',
    ),
    Helper(
        "clip_by_global_norm_of_rows",
        '''\
def clip_by_global_norm_of_rows(tensors, clip_norm, norm=None):
    """Tensors scaled down together to a norm of at most `clip_norm`, and the norm that they had,
    with each row of a lookup counted as often as it was read; None stays None."""
    norm = global_norm_of_rows(tensors) if norm is None else norm
    scale = torch.where(torch.isfinite(norm), clip_norm / torch.clamp(norm, min=clip_norm), torch.nan)
    return [None if tensor is None else tensor * scale for tensor in tensors], norm
''',
        needs=("global_norm_of_rows",),
    ),
    Helper(
        "RowOptimizer",
        '''\
class RowOptimizer(torch.optim.Optimizer):
    """An optimizer that updates only the rows of a sparse gradient, and sums what a row gets
    several times."""

    def __init__(self, parameters, slots, **options):
        super().__init__(parameters, {**options, "steps": 0})
        self.slots = slots

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            group["steps"] += 1
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._update(parameter, parameter.grad, self.state[parameter], group)
        return loss

    def _update(self, parameter, gradient, state, group):
        if not state:
            state.update({name: torch.full_like(parameter, value) for name, value in self.slots.items()})
        tensors = [parameter, *(state[name] for name in self.slots)]
        if gradient.is_sparse:
            gradient = gradient.coalesce()
            rows = gradient.indices()[0]
            for old, new in zip(tensors, self.rule(gradient.values(), group, *(old[rows] for old in tensors))):
                old[rows] = new
        else:
            for old, new in zip(tensors, self.rule(gradient, group, *tensors)):
                old.copy_(new)
''',
    ),
    Helper(
        "RowMomentum",
        '''\
class RowMomentum(RowOptimizer):
    """Momentum: that of rows which weren't looked up stays as it is."""

    def __init__(self, parameters, lr, momentum, nesterov=False):
        super().__init__(parameters, {"momentum_buffer": 0.0}, lr=lr, momentum=momentum, nesterov=nesterov)

    def rule(self, gradient, group, parameter, buffer):
        buffer = group["momentum"] * buffer + gradient
        step = gradient + group["momentum"] * buffer if group["nesterov"] else buffer
        return parameter - group["lr"] * step, buffer
''',
        needs=_BASE,
    ),
    Helper(
        "RowRMSProp",
        '''\
class RowRMSProp(RowOptimizer):
    """RMSProp with a mean square that starts at 1; that of rows which weren't looked up stays as it
    is."""

    def __init__(self, parameters, lr, decay=0.9, momentum=0.0, eps=1e-10, centered=False):
        slots = {"mean_square": 1.0, "momentum": 0.0, "mean": 0.0}
        super().__init__(parameters, slots, lr=lr, decay=decay, momentum=momentum, eps=eps, centered=centered)

    def rule(self, gradient, group, parameter, mean_square, momentum, mean):
        decay = group["decay"]
        mean_square = decay * mean_square + (1 - decay) * gradient**2
        mean = decay * mean + (1 - decay) * gradient
        spread = mean_square - mean**2 if group["centered"] else mean_square
        momentum = group["momentum"] * momentum + group["lr"] * gradient * torch.rsqrt(spread + group["eps"])
        return parameter - momentum, mean_square, momentum, mean
''',
        needs=_BASE,
    ),
    Helper(
        "RowAdadelta",
        '''\
class RowAdadelta(RowOptimizer):
    """Adadelta: the averages of rows which weren't looked up stay as they are."""

    def __init__(self, parameters, lr=0.001, rho=0.95, eps=1e-8):
        super().__init__(parameters, {"square_avg": 0.0, "acc_delta": 0.0}, lr=lr, rho=rho, eps=eps)

    def rule(self, gradient, group, parameter, square, delta):
        rho, eps = group["rho"], group["eps"]
        square = rho * square + (1 - rho) * gradient**2
        update = torch.sqrt(delta + eps) * torch.rsqrt(square + eps) * gradient
        return parameter - group["lr"] * update, square, rho * delta + (1 - rho) * update**2
''',
        needs=_BASE,
    ),
    Helper(
        "RowAdam",
        '''\
class RowAdam(RowOptimizer):
    """Adam that adds epsilon before the bias correction; the averages of rows which weren't looked
    up stay as they are."""

    def __init__(self, parameters, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(parameters, {"exp_avg": 0.0, "exp_avg_sq": 0.0}, lr=lr, betas=betas, eps=eps)

    def rule(self, gradient, group, parameter, mean, square):
        beta1, beta2 = group["betas"]
        mean = beta1 * mean + (1 - beta1) * gradient
        square = beta2 * square + (1 - beta2) * gradient**2
        rate = group["lr"] * (1 - beta2 ** group["steps"]) ** 0.5 / (1 - beta1 ** group["steps"])
        return parameter - rate * mean / (torch.sqrt(square) + group["eps"]), mean, square
''',
        needs=_BASE,
    ),
    Helper(
        "Nadam",
        '''\
class Nadam(RowOptimizer):
    """Adam with Nesterov's momentum, without the schedule of momentum that torch.optim.NAdam
    has."""

    def __init__(self, parameters, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(parameters, {"exp_avg": 0.0, "exp_avg_sq": 0.0}, lr=lr, betas=betas, eps=eps)

    def rule(self, gradient, group, parameter, mean, square):
        beta1, beta2 = group["betas"]
        mean = beta1 * mean + (1 - beta1) * gradient
        square = beta2 * square + (1 - beta2) * gradient**2
        ahead = beta1 * mean + (1 - beta1) * gradient
        rate = group["lr"] * (1 - beta2 ** group["steps"]) ** 0.5 / (1 - beta1 ** group["steps"])
        return parameter - rate * ahead / (torch.sqrt(square) + group["eps"]), mean, square
''',
        needs=_BASE,
    ),
    Helper(
        "AdaMax",
        '''\
class AdaMax(RowOptimizer):
    """AdaMax that adds epsilon to the largest gradient, where torch.optim.Adamax adds it to each
    gradient."""

    def __init__(self, parameters, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(parameters, {"exp_avg": 0.0, "exp_inf": 0.0}, lr=lr, betas=betas, eps=eps)

    def rule(self, gradient, group, parameter, mean, largest):
        beta1, beta2 = group["betas"]
        mean = beta1 * mean + (1 - beta1) * gradient
        largest = torch.maximum(beta2 * largest, torch.abs(gradient))
        rate = group["lr"] / (1 - beta1 ** group["steps"])
        return parameter - rate * mean / (largest + group["eps"]), mean, largest
''',
        needs=_BASE,
    ),
    Helper(
        "Ftrl",
        '''\
class Ftrl(RowOptimizer):
    """FTRL with L1 and L2 penalties and shrinkage, as TensorFlow 1 had it."""

    def __init__(self, parameters, lr, lr_power=-0.5, initial_accumulator_value=0.1, l1=0.0, l2=0.0, shrinkage=0.0):
        slots = {"accumulator": initial_accumulator_value, "linear": 0.0}
        super().__init__(parameters, slots, lr=lr, lr_power=lr_power, l1=l1, l2=l2, shrinkage=shrinkage)

    def rule(self, gradient, group, parameter, accumulator, linear):
        lr, power, l1 = group["lr"], -group["lr_power"], group["l1"]
        total = accumulator + gradient**2
        grown = (total**power - accumulator**power) / lr
        linear = linear + gradient + 2 * group["shrinkage"] * parameter - grown * parameter
        moved = torch.clamp(linear, -l1, l1) - linear
        weight = torch.where(moved == 0, torch.zeros_like(moved), moved / (total**power / lr + 2 * group["l2"]))
        return weight, total, linear
''',
        needs=_BASE,
    ),
    Helper(
        "ProximalGradientDescent",
        '''\
class ProximalGradientDescent(RowOptimizer):
    """Gradient descent that then shrinks the weights by their L1 and L2 penalties."""

    def __init__(self, parameters, lr, l1=0.0, l2=0.0):
        super().__init__(parameters, {}, lr=lr, l1=l1, l2=l2)

    def rule(self, gradient, group, parameter):
        moved = parameter - group["lr"] * gradient
        kept = torch.clamp(torch.abs(moved) - group["lr"] * group["l1"], min=0)
        return [torch.sign(moved) * kept / (1 + group["lr"] * group["l2"])]
''',
        needs=_BASE,
    ),
    Helper(
        "ProximalAdagrad",
        '''\
class ProximalAdagrad(RowOptimizer):
    """Adagrad that then shrinks the weights by their L1 and L2 penalties."""

    def __init__(self, parameters, lr, initial_accumulator_value=0.1, l1=0.0, l2=0.0):
        super().__init__(parameters, {"accumulator": initial_accumulator_value}, lr=lr, l1=l1, l2=l2)

    def rule(self, gradient, group, parameter, accumulator):
        accumulator = accumulator + gradient**2
        rate = group["lr"] * torch.rsqrt(accumulator)
        moved = parameter - rate * gradient
        kept = torch.clamp(torch.abs(moved) - rate * group["l1"], min=0)
        return torch.sign(moved) * kept / (1 + rate * group["l2"]), accumulator
''',
        needs=_BASE,
    ),
    Helper(
        "AdagradDA",
        '''\
class AdagradDA(RowOptimizer):
    """Adagrad with dual averaging, which computes the weights anew from the sums of all
    gradients."""

    def __init__(self, parameters, lr, global_step, initial_accumulator_value=0.1, l1=0.0, l2=0.0):
        slots = {"gradient_accumulator": 0.0, "gradient_squared_accumulator": initial_accumulator_value}
        super().__init__(parameters, slots, lr=lr, l1=l1, l2=l2)
        self.global_step = global_step

    def rule(self, gradient, group, parameter, total, squares):
        step = int(self.global_step) + 1
        total, squares = total + gradient, squares + gradient**2
        kept = torch.clamp(torch.abs(total) - group["l1"] * step, min=0)
        scale = group["l2"] * step * group["lr"] + torch.sqrt(squares)
        return -group["lr"] * torch.sign(total) * kept / scale, total, squares
''',
        needs=_BASE,
    ),
)
