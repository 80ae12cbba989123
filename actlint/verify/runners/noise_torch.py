"""torch's random functions, drawing keyed noise while a run is active: the nth of a kind is the original's nth."""

from __future__ import annotations


def install(torch, noise):
    """Patch factories, in-place fills, distributions' samplers and dropout; other draws are noticed."""
    noise.watch("torch's own generator", lambda: bytes(torch.random.get_rng_state().numpy()))
    keyed = _Functions(torch, noise)
    for module, name, function in (
        (torch, "randn", keyed.factory("normal")),
        (torch, "rand", keyed.factory("uniform")),
        (torch, "randn_like", keyed.like("normal")),
        (torch, "rand_like", keyed.like("uniform")),
        (torch, "normal", keyed.normal),
        (torch, "randint", keyed.randint),
        (torch, "randint_like", keyed.randint_like),
        (torch, "randperm", keyed.randperm),
        (torch, "bernoulli", keyed.bernoulli),
        (torch.Tensor, "bernoulli", keyed.bernoulli),
        (torch, "poisson", keyed.poisson),
        (torch, "_standard_gamma", keyed.gamma),
        (torch.Tensor, "normal_", keyed.normal_),
        (torch.Tensor, "uniform_", keyed.uniform_),
        (torch.Tensor, "bernoulli_", keyed.bernoulli_),
        (torch.nn.init, "trunc_normal_", keyed.truncated_),
    ):
        setattr(module, name, _while_running(noise, function, getattr(module, name)))
    for module in (torch, torch.Tensor):
        module.multinomial = keyed.multinomial(module.multinomial)
    for name, parameters in DROPOUTS.items():
        function = keyed.alpha_dropout if "alpha" in name else keyed.dropout
        for module in (torch, torch.nn.functional):
            if hasattr(module, name):
                setattr(module, name, function(getattr(module, name), parameters))


DROPOUTS = {
    "dropout": None,
    "dropout1d": 3,
    "dropout2d": 4,
    "dropout3d": 5,
    "alpha_dropout": None,
}
"""By name, the rank of a batch of which whole channels are dropped."""


def _while_running(noise, keyed, original):
    def function(*arguments, **options):
        return (original if noise.run is None else keyed)(*arguments, **options)

    return function


class _Functions:
    """The keyed forms, with the parameters of torch's own."""

    def __init__(self, torch, noise):
        self.torch, self.noise = torch, noise

    def drawn(self, kind, shape, *parameters, **options):
        options = {k: v for k, v in options.items() if k in ("dtype", "device") and v is not None}
        options.setdefault("dtype", self.torch.get_default_dtype())
        return self.torch.as_tensor(self.noise.next(kind, shape, *parameters)).to(**options)

    def factory(self, kind):
        def function(*size, **options):
            shape = options.pop("size", None) or (size[0] if len(size) == 1 and not isinstance(size[0], int) else size)
            return self.drawn(kind, shape, **options).requires_grad_(bool(options.get("requires_grad")))

        return function

    def like(self, kind):
        def function(tensor, **options):
            return self.drawn(kind, tensor.shape, **options)

        return function

    def normal(self, mean=0.0, std=1.0, size=None, **options):
        if size is None:
            tensors = [t.shape for t in (mean, std) if isinstance(t, self.torch.Tensor)]
            size = self.torch.broadcast_shapes(*tensors)
        return self.drawn("normal", size, **options) * std + mean

    def randint(self, low, high=None, size=None, **options):
        if size is None:
            low, high, size = 0, low, high
        elif high is None:
            low, high = 0, low
        return self.drawn("integer", size, low, high, **dict({"dtype": self.torch.int64}, **options))

    def randint_like(self, tensor, low, high=None, **options):
        low, high = (0, low) if high is None else (low, high)
        return self.drawn("integer", tensor.shape, low, high, **dict({"dtype": tensor.dtype}, **options))

    def randperm(self, n, **options):
        return self.drawn("shuffle", (n,), dtype=self.torch.int64)

    def bernoulli(self, input, p=None, **options):
        return (self.drawn("uniform", input.shape) < (input if p is None else p)).to(input.dtype)

    def poisson(self, input, generator=None):
        return self.drawn("poisson", input.shape, input.detach().cpu().numpy(), dtype=input.dtype)

    def gamma(self, concentration, generator=None):
        torch, drawn = self.torch, self.drawn

        class Gamma(torch.autograd.Function):
            @staticmethod
            def forward(context, alpha):
                value = drawn("gamma", alpha.shape, alpha.detach().cpu().numpy(), dtype=alpha.dtype)
                context.save_for_backward(alpha, value)
                return value

            @staticmethod
            def backward(context, upstream):
                return upstream * torch._standard_gamma_grad(*context.saved_tensors)

        return Gamma.apply(concentration)

    def multinomial(self, original):
        """Only draws with replacement have a counterpart; others are noticed by torch's own generator."""

        def multinomial(input, num_samples, replacement=False, **options):
            if self.noise.run is None or (num_samples > 1 and not replacement):
                return original(input, num_samples, replacement, **options)
            rows = input.detach().reshape(-1, input.shape[-1])
            shape = len(rows), num_samples
            drawn = self.drawn("categorical", shape, rows.cpu().numpy(), dtype=self.torch.int64)
            return drawn.reshape(tuple(input.shape[:-1]) + (num_samples,))

        return multinomial

    def normal_(self, tensor, mean=0, std=1, **options):
        return tensor.copy_(self.drawn("normal", tensor.shape) * std + mean)

    def uniform_(self, tensor, *bounds, **options):
        low, high = bounds + (options.get("from", 0), options.get("to", 1))[len(bounds) :]
        return tensor.copy_(self.drawn("uniform", tensor.shape) * (high - low) + low)

    def bernoulli_(self, tensor, p=0.5, **options):
        return tensor.copy_(self.drawn("uniform", tensor.shape) < p)

    def truncated_(self, tensor, mean=0.0, std=1.0, a=-2.0, b=2.0, **options):
        with self.torch.no_grad():
            if max(abs(mean - a - 2 * std), abs(b - mean - 2 * std)) > 1e-12 * std:
                return tensor.copy_(self.drawn("normal", tensor.shape) * std + mean).clamp_(a, b)
            return tensor.copy_(self.drawn("truncated", tensor.shape) * std + mean)

    def dropout(self, original, rank):
        def dropout(input, p=0.5, training=True, inplace=False):
            if self.noise.run is None or not training or p == 0:
                return original(input, p, training, inplace)
            shape = tuple(input.shape)
            if rank is not None:
                channels = 2 if len(shape) == rank else 1
                shape = shape[:channels] + (1,) * (len(shape) - channels)
            kept = (self.drawn("uniform", shape) >= p).to(input.dtype)
            return self._put(input, input * kept / (1 - p), inplace)

        return dropout

    def alpha_dropout(self, original, _):
        """As TensorFlow's: an affine map keeps mean and variance."""
        low = -1.7580993408473766

        def alpha_dropout(input, p=0.5, training=False, inplace=False):
            if self.noise.run is None or not training or p == 0:
                return original(input, p, training, inplace)
            kept = (self.drawn("uniform", input.shape) >= p).to(input.dtype)
            scale = ((1 - p) * (1 + p * low**2)) ** -0.5
            return self._put(input, scale * (input * kept + low * (1 - kept)) - scale * low * p, inplace)

        return alpha_dropout

    def _put(self, input, result, inplace):
        return input.copy_(result) if inplace else result
