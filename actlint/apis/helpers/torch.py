"""Helpers for PyTorch code."""

from __future__ import annotations

from actlint.apis.helpers import Helper
from actlint.apis.helpers.loops_torch import HELPERS as LOOPS
from actlint.apis.helpers.optimizers_torch import HELPERS as ROW_OPTIMIZERS
from actlint.apis.helpers.rnn_torch import HELPERS as RNN
from actlint.apis.helpers.sequences import TORCH as SEQUENCES
from actlint.apis.helpers.torch_augmentation import HELPERS as AUGMENTATION
from actlint.apis.helpers.torch_candidates import HELPERS as CANDIDATES
from actlint.apis.helpers.torch_images import IMAGES
from actlint.apis.helpers.torch_indexing import INDEXING

_TENSORS = (
    Helper(
        "maximum",
        '''\
def maximum(x, y):
    """The larger of two tensors; where they tie, the gradient goes to the first, where
    torch.maximum splits it."""
    return torch.where(x >= y, x, y)
''',
    ),
    Helper(
        "minimum",
        '''\
def minimum(x, y):
    """The smaller of two tensors; where they tie, the gradient goes to the first, where
    torch.minimum splits it."""
    return torch.where(x <= y, x, y)
''',
    ),
    Helper(
        "sqrt",
        '''\
def sqrt(x):
    """torch.sqrt, but no gradient goes out where none comes in; torch's own is nan where x is 0."""
    return Sqrt.apply(x)
''',
        needs=("Sqrt",),
    ),
    Helper(
        "Sqrt",
        '''\
class Sqrt(torch.autograd.Function):
    """The square root and its gradient, which is 0 for a gradient of 0."""

    @staticmethod
    def forward(ctx, x):
        root = torch.sqrt(x)
        ctx.save_for_backward(root)
        return root

    @staticmethod
    def backward(ctx, gradient):
        (root,) = ctx.saved_tensors
        return torch.where(gradient == 0, torch.zeros_like(gradient), gradient / (2 * root))
''',
    ),
    Helper(
        "selu",
        '''\
def selu(x):
    """F.selu, but at 0 with the slope of the positive side."""
    return torch.where(x == 0, 1.0507009873554805 * x, F.selu(x))
''',
    ),
    Helper(
        "divide_no_nan",
        '''\
def divide_no_nan(x, y):
    """x / y, and 0 where y is 0."""
    zero = y == 0
    return torch.where(zero, torch.zeros_like(x), x) / torch.where(zero, torch.ones_like(y), y)
''',
    ),
    Helper(
        "cumsum",
        '''\
def cumsum(x, dim, exclusive=False, reverse=False):
    """Cumulative sum, from the end if `reverse`, without the entry itself if `exclusive`."""
    total = torch.flip(torch.cumsum(torch.flip(x, [dim]), dim), [dim]) if reverse else torch.cumsum(x, dim)
    return total - x if exclusive else total
''',
    ),
    Helper(
        "clip_by_norm",
        '''\
def clip_by_norm(x, clip_norm, dim=None):
    """x scaled down to a norm of at most `clip_norm`, with no epsilon in the divisor."""
    square = torch.sum(torch.square(x), dim=dim, keepdim=True)
    norm = torch.where(square > 0, torch.sqrt(torch.where(square > 0, square, torch.ones_like(square))), square)
    return x * clip_norm / torch.clamp(norm, min=clip_norm)
''',
    ),
    Helper(
        "clip_by_average_norm",
        '''\
def clip_by_average_norm(x, clip_norm):
    """x scaled down to a norm of at most `clip_norm` for each element."""
    inverse = torch.rsqrt(torch.sum(torch.square(x))) * x.numel()
    return x * clip_norm * torch.clamp(inverse, max=1 / clip_norm)
''',
    ),
    Helper(
        "global_norm",
        '''\
def global_norm(tensors):
    """The norm of all tensors' elements together; None counts for nothing."""
    return torch.sqrt(sum(torch.sum(tensor**2) for tensor in tensors if tensor is not None))
''',
    ),
    Helper(
        "clip_by_global_norm",
        '''\
def clip_by_global_norm(tensors, clip_norm, norm=None):
    """Tensors scaled down together to a norm of at most `clip_norm`, and the norm that they had;
    None stays None.

    torch.nn.utils.clip_grad_norm_ adds an epsilon to the divisor.
    """
    norm = global_norm(tensors) if norm is None else norm
    scale = torch.where(torch.isfinite(norm), clip_norm / torch.clamp(norm, min=clip_norm), torch.nan)
    return [None if tensor is None else tensor * scale for tensor in tensors], norm
''',
        needs=("global_norm",),
    ),
    Helper(
        "one_hot",
        '''\
def one_hot(indices, depth, on_value=1.0, off_value=0.0, dtype=None):
    """One-hot rows; an index outside of the range makes a row of zeros, where F.one_hot raises."""
    mask = indices.unsqueeze(-1) == torch.arange(depth, device=indices.device)
    dtype = dtype or torch.get_default_dtype()
    return torch.where(mask, torch.tensor(on_value, dtype=dtype), torch.tensor(off_value, dtype=dtype))
''',
    ),
    Helper(
        "top_k",
        '''\
def top_k(x, k=1):
    """The k largest entries of each row and their indices; of equal ones the first come first."""
    indices = torch.argsort(x, dim=-1, descending=True, stable=True)[..., :k]
    return torch.return_types.topk((torch.gather(x, -1, indices), indices.to(torch.int32)))
''',
    ),
    Helper(
        "in_top_k",
        '''\
def in_top_k(predictions, targets, k):
    """Whether each target is among its row's k largest predictions; ties with the k-th count."""
    chosen = torch.gather(predictions, 1, targets.long().unsqueeze(1))
    return torch.sum(predictions > chosen, dim=1) < k
''',
    ),
    Helper(
        "moments",
        '''\
def moments(x, dim, keepdim=False):
    """Mean and variance (without Bessel's correction)."""
    variance, mean = torch.var_mean(x, dim=dim, correction=0, keepdim=keepdim)
    return mean, variance
''',
    ),
    Helper(
        "shuffle",
        '''\
def shuffle(x):
    """x with its rows in random order."""
    return x[torch.randperm(x.shape[0])]
''',
    ),
)

_DISTRIBUTIONS = (
    Helper(
        "uniform_prob",
        '''\
def uniform_prob(uniform, value):
    """The density of a uniform distribution: outside of it 0, without a gradient."""
    inside = (value >= uniform.low) & (value < uniform.high)
    density = 1 / (uniform.high - uniform.low)
    return torch.where(inside, density, torch.zeros_like(density))
''',
    ),
)

_LOSSES = (
    Helper(
        "softmax_cross_entropy",
        '''\
def softmax_cross_entropy(labels, logits):
    """Cross entropy of each row. The gradient of the logits is softmax - labels also where the
    labels of a row don't sum to 1, unlike that of F.cross_entropy."""
    loss = -torch.sum(labels * torch.log_softmax(logits, dim=-1), dim=-1)
    normaliser = torch.logsumexp(logits, dim=-1)
    return loss + (1 - torch.sum(labels, dim=-1)).detach() * (normaliser - normaliser.detach())
''',
    ),
    Helper(
        "weighted_cross_entropy",
        '''\
def weighted_cross_entropy(labels, logits, pos_weight):
    """Sigmoid cross entropy with weighted positive labels; the bend at a logit of 0 adds nothing to
    the gradient."""
    weight = 1 + (pos_weight - 1) * labels
    return (1 - labels) * logits + weight * (torch.log1p(torch.exp(-torch.abs(logits))) + F.relu(-logits))
''',
    ),
    Helper(
        "weighted_loss",
        '''\
def weighted_loss(losses, weights):
    """Sum of the weighted losses, over the number of weights that aren't zero."""
    weights = weights.to(losses.dtype).expand_as(losses)
    count = torch.count_nonzero(weights)
    return torch.sum(losses * weights) / count.clamp(min=1) * (count > 0)
''',
    ),
)

_LAYERS = (
    Helper(
        "linear",
        '''\
def linear(
    in_features, out_features, bias=True, kernel_initializer=nn.init.xavier_uniform_, bias_initializer=nn.init.zeros_
):
    """nn.Linear whose kernel initialiser sees the kernel as (in, out)."""
    layer = nn.Linear(in_features, out_features, bias)
    kernel_initializer(layer.weight.detach().t())
    if bias:
        bias_initializer(layer.bias.detach())
    return layer
''',
    ),
    Helper(
        "BatchNorm",
        '''\
class BatchNorm(nn.Module):
    """Batch normalization over the last axis. The moving averages keep `momentum` of what they
    were; with `unbiased` the variance has Bessel's correction; without `track` they stay."""

    def __init__(
        self,
        size,
        momentum=0.99,
        epsilon=0.001,
        scale=True,
        center=True,
        beta_initializer=nn.init.zeros_,
        gamma_initializer=nn.init.ones_,
        unbiased=False,
        track=True,
    ):
        super().__init__()
        self.momentum, self.epsilon, self.unbiased, self.track = momentum, epsilon, unbiased, track
        self.weight = nn.Parameter(torch.empty(size)) if scale else None
        self.bias = nn.Parameter(torch.empty(size)) if center else None
        if scale:
            gamma_initializer(self.weight.detach())
        if center:
            beta_initializer(self.bias.detach())
        self.register_buffer("running_mean", torch.zeros(size))
        self.register_buffer("running_var", torch.ones(size))

    def forward(self, x, training=False):
        mean, variance = self.running_mean, self.running_var
        if training:
            dims = list(range(x.dim() - 1))
            mean, variance = x.mean(dims), x.var(dims, correction=0)
            if self.track:
                self.update(mean.detach(), variance.detach(), x.numel() // x.shape[-1])
        normal = (x - mean) * torch.rsqrt(variance + self.epsilon)
        normal = normal if self.weight is None else normal * self.weight
        return normal if self.bias is None else normal + self.bias

    def update(self, mean, variance, count):
        if self.unbiased:
            variance = variance * (count / max(count - 1, 1))
        self.running_mean.copy_(self.running_mean - (self.running_mean - mean) * (1 - self.momentum))
        self.running_var.copy_(self.running_var - (self.running_var - variance) * (1 - self.momentum))
''',
    ),
    Helper("partial", "", imports=("from functools import partial",)),
    Helper(
        "constant",
        '''\
def constant(value):
    """An initialiser that fills a tensor with a number, or with the numbers of an array."""

    def fill(tensor):
        numbers = torch.as_tensor(value)
        with torch.no_grad():
            return tensor.copy_(numbers.reshape(tensor.shape) if numbers.dim() else numbers)

    return fill
''',
    ),
    Helper(
        "unique_with_counts",
        '''\
def unique_with_counts(x, dtype=torch.int32):
    """The distinct values in the order of their first appearance, the place of each element among
    them, and how often each value occurs."""
    values, inverse, counts = torch.unique(x, return_inverse=True, return_counts=True)
    places = torch.arange(len(x), device=x.device)
    first = torch.full_like(counts, len(x)).scatter_reduce(0, inverse, places, "amin")
    order = torch.argsort(first)
    return values[order], torch.argsort(order)[inverse].to(dtype), counts[order].to(dtype)
''',
    ),
    Helper(
        "variance_scaling",
        '''\
def variance_scaling(scale=1.0, mode="fan_in", distribution="truncated_normal"):
    """An initialiser for kernels laid out as (..., in, out), scaled by their fan."""

    def fill(tensor):
        shape = tensor.shape
        window = math.prod(shape[:-2])
        fan_in, fan_out = (shape[0], shape[0]) if len(shape) == 1 else (window * shape[-2], window * shape[-1])
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[mode]
        variance = scale / max(1.0, fan)
        if distribution == "uniform":
            return nn.init.uniform_(tensor, -math.sqrt(3 * variance), math.sqrt(3 * variance))
        if distribution == "untruncated_normal":
            return nn.init.normal_(tensor, std=math.sqrt(variance))
        std = math.sqrt(variance) / 0.87962566103423978  # deviation when cut at two deviations
        return nn.init.trunc_normal_(tensor, std=std, a=-2 * std, b=2 * std)

    return fill
''',
        imports=("import math",),
    ),
)

_ACTIVATIONS = (
    Helper(
        "SELU",
        '''\
class SELU(nn.Module):
    """nn.SELU, but at 0 with the slope of the positive side."""

    def forward(self, x):
        return selu(x)
''',
        needs=("selu",),
    ),
)

_OPTIMIZERS = (
    Helper(
        "adam",
        '''\
def adam(parameters, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
    """torch.optim.Adam, but with epsilon added before the bias correction instead of after it."""
    optimizer = torch.optim.Adam(parameters, lr=lr, betas=betas, eps=eps)

    def correct_epsilon(optimizer, args, kwargs):
        step = 1 + max((int(state["step"]) for state in optimizer.state.values()), default=0)
        for group in optimizer.param_groups:
            group["eps"] = eps / (1 - betas[1] ** step) ** 0.5

    optimizer.register_step_pre_hook(correct_epsilon)
    return optimizer
''',
    ),
    Helper(
        "Adam",
        '''\
class Adam(torch.optim.Optimizer):
    """Adam that counts its own steps and adds epsilon before the bias correction."""

    def __init__(self, parameters, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(parameters, {"lr": lr, "betas": betas, "eps": eps})
        self.steps = 0

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        self.steps += 1
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._update(parameter, parameter.grad, self.state[parameter], group)
        return loss

    def _update(self, parameter, gradient, state, group):
        if not state:
            state["exp_avg"] = torch.zeros_like(parameter)
            state["exp_avg_sq"] = torch.zeros_like(parameter)
        beta1, beta2 = group["betas"]
        state["exp_avg"].mul_(beta1).add_(gradient, alpha=1 - beta1)
        state["exp_avg_sq"].mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
        rate = group["lr"] * (1 - beta2**self.steps) ** 0.5 / (1 - beta1**self.steps)
        parameter.addcdiv_(state["exp_avg"], state["exp_avg_sq"].sqrt() + group["eps"], value=-rate)
''',
    ),
    Helper(
        "RMSProp",
        '''\
class RMSProp(torch.optim.Optimizer):
    """RMSProp with a mean square that starts at 1 and epsilon inside of the root, unlike
    torch.optim.RMSprop."""

    def __init__(self, parameters, lr, decay=0.9, momentum=0.0, eps=1e-10, centered=False):
        super().__init__(parameters, {"lr": lr, "decay": decay, "momentum": momentum, "eps": eps, "centered": centered})

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._update(parameter, parameter.grad, self.state[parameter], group)
        return loss

    def _update(self, parameter, gradient, state, group):
        if not state:
            state["mean_square"] = torch.ones_like(parameter)
            state["mean"] = torch.zeros_like(parameter)
            state["momentum"] = torch.zeros_like(parameter)
        decay = group["decay"]
        state["mean_square"].mul_(decay).addcmul_(gradient, gradient, value=1 - decay)
        spread = state["mean_square"]
        if group["centered"]:
            state["mean"].mul_(decay).add_(gradient, alpha=1 - decay)
            spread = spread - state["mean"] ** 2
        state["momentum"].mul_(group["momentum"]).add_(group["lr"] * gradient * torch.rsqrt(spread + group["eps"]))
        parameter.sub_(state["momentum"])
''',
    ),
)

_SCHEDULES = (
    Helper(
        "polynomial_decay",
        '''\
def polynomial_decay(learning_rate, step, decay_steps, end_learning_rate=0.0001, power=1.0, cycle=False):
    """The rate after steps of polynomial decay to an end rate; with `cycle` it starts again."""
    if cycle:
        decay_steps = decay_steps * torch.clamp(torch.ceil(step / decay_steps), min=1)
    progress = torch.clamp(step / decay_steps, max=1)
    return (learning_rate - end_learning_rate) * (1 - progress) ** power + end_learning_rate
''',
    ),
    Helper(
        "cosine_decay",
        '''\
def cosine_decay(learning_rate, step, decay_steps, alpha=0.0):
    """The rate after some steps of cosine decay down to a fraction `alpha`, where it stays."""
    progress = torch.clamp(step / decay_steps, max=1)
    return learning_rate * ((1 - alpha) * 0.5 * (1 + torch.cos(math.pi * progress)) + alpha)
''',
        imports=("import math",),
    ),
    Helper(
        "cosine_decay_restarts",
        '''\
def cosine_decay_restarts(learning_rate, step, first_decay_steps, t_mul=2.0, m_mul=1.0, alpha=0.0):
    """The rate after some steps of cosine decay that starts again, each time for `t_mul` times as
    long."""
    progress = step / first_decay_steps
    if t_mul == 1:
        restart = torch.floor(progress)
        progress = progress - restart
    else:
        restart = torch.floor(torch.log(1 - progress * (1 - t_mul)) / torch.log(torch.tensor(float(t_mul))))
        progress = (progress - (1 - t_mul**restart) / (1 - t_mul)) / t_mul**restart
    cosine = 0.5 * m_mul**restart * (1 + torch.cos(math.pi * progress))
    return learning_rate * ((1 - alpha) * cosine + alpha)
''',
        imports=("import math",),
    ),
    Helper(
        "linear_cosine_decay",
        '''\
def linear_cosine_decay(learning_rate, step, decay_steps, num_periods=0.5, alpha=0.0, beta=0.001):
    """The rate after some steps of decay along a line times a cosine."""
    progress = torch.clamp(step / decay_steps, max=1)
    cosine = 0.5 * (1 + torch.cos(math.pi * 2 * num_periods * progress))
    return learning_rate * ((alpha + 1 - progress) * cosine + beta)
''',
        imports=("import math",),
    ),
    Helper(
        "noisy_linear_cosine_decay",
        '''\
def noisy_linear_cosine_decay(
    learning_rate,
    step,
    decay_steps,
    initial_variance=1.0,
    variance_decay=0.55,
    num_periods=0.5,
    alpha=0.0,
    beta=0.001,
):
    """The rate after some steps of decay along a line, with noise that fades, times a cosine."""
    progress = torch.clamp(step / decay_steps, max=1)
    variance = initial_variance / (1 + torch.clamp(step, max=decay_steps)) ** variance_decay
    noise = torch.randn(()) * torch.sqrt(variance)
    cosine = 0.5 * (1 + torch.cos(math.pi * 2 * num_periods * progress))
    return learning_rate * ((alpha + 1 - progress + noise) * cosine + beta)
''',
        imports=("import math",),
    ),
    Helper(
        "piecewise_constant",
        '''\
def piecewise_constant(step, boundaries, values):
    """The value of the interval that a step falls in, which includes its upper boundary."""
    return torch.tensor(values)[sum(int(step > boundary) for boundary in boundaries)]
''',
    ),
)

HELPERS: dict[str, Helper] = {
    helper.name: helper
    for helper in (
        *_TENSORS,
        *_DISTRIBUTIONS,
        *_LOSSES,
        *INDEXING,
        *IMAGES,
        *_LAYERS,
        *_ACTIVATIONS,
        *_OPTIMIZERS,
        *ROW_OPTIMIZERS,
        *_SCHEDULES,
        *RNN,
        *LOOPS,
        *CANDIDATES,
        *AUGMENTATION,
        *SEQUENCES,
    )
}
