"""torch's random functions, drawing keyed noise while a run is active."""

from __future__ import annotations


def install(torch, noise):
    """Patch factories, in-place fills and dropout; the nth call of a kind within a run is draw n."""
    import torch.nn.functional as functional

    def drawn(kind, shape, *bounds, **options):
        options = {k: v for k, v in options.items() if k in ("dtype", "device") and v is not None}
        return torch.as_tensor(noise.next(kind, shape, *bounds)).to(
            **dict({"dtype": torch.get_default_dtype()}, **options)
        )

    def factory(kind, original):
        def function(*size, **options):
            if noise.run is None:
                return original(*size, **options)
            shape = options.pop("size", None) or (size[0] if len(size) == 1 and not isinstance(size[0], int) else size)
            return drawn(kind, shape, **options).requires_grad_(bool(options.get("requires_grad")))

        return function

    def like(kind, original):
        def function(tensor, **options):
            return original(tensor, **options) if noise.run is None else drawn(kind, tensor.shape, **options)

        return function

    torch.randn, torch.rand = factory("normal", torch.randn), factory("uniform", torch.rand)
    torch.randn_like, torch.rand_like = like("normal", torch.randn_like), like("uniform", torch.rand_like)
    _patch_others(torch, noise, drawn)
    _patch_fills(torch, noise, drawn)
    functional.dropout = _dropout(functional.dropout, noise, drawn)


def _patch_others(torch, noise, drawn):
    normal, randint, randperm, bernoulli = torch.normal, torch.randint, torch.randperm, torch.bernoulli

    def keyed_normal(mean=0.0, std=1.0, size=None, **options):
        if noise.run is None:
            return normal(mean, std, **options) if size is None else normal(mean, std, size, **options)
        if size is None:
            size = torch.broadcast_shapes(*[t.shape for t in (mean, std) if isinstance(t, torch.Tensor)])
        return drawn("normal", size, **options) * std + mean

    def keyed_randint(low, high=None, size=None, **options):
        if noise.run is None:
            return randint(low, size=high, **options) if size is None else randint(low, high, size, **options)
        if size is None:
            low, high, size = 0, low, high
        return drawn("integer", size, low, high, **dict({"dtype": torch.int64}, **options))

    def keyed_randperm(n, **options):
        return randperm(n, **options) if noise.run is None else drawn("shuffle", (n,), dtype=torch.int64)

    def keyed_bernoulli(input, *arguments, **options):
        if noise.run is None:
            return bernoulli(input, *arguments, **options)
        return (drawn("uniform", input.shape) < (arguments[0] if arguments else input)).to(input.dtype)

    torch.normal, torch.randint, torch.randperm, torch.bernoulli = (
        keyed_normal,
        keyed_randint,
        keyed_randperm,
        keyed_bernoulli,
    )


def _patch_fills(torch, noise, drawn):
    normal_, uniform_, truncated = torch.Tensor.normal_, torch.Tensor.uniform_, torch.nn.init.trunc_normal_

    def keyed_normal_(self, mean=0, std=1, **options):
        if noise.run is None:
            return normal_(self, mean, std, **options)
        return self.copy_(drawn("normal", self.shape) * std + mean)

    def keyed_uniform_(self, a=0, b=1, **options):
        if noise.run is None:
            return uniform_(self, a, b, **options)
        return self.copy_(drawn("uniform", self.shape) * (b - a) + a)

    def keyed_truncated(tensor, mean=0.0, std=1.0, a=-2.0, b=2.0, **options):
        if noise.run is None:
            return truncated(tensor, mean, std, a, b, **options)
        with torch.no_grad():
            return tensor.copy_(drawn("truncated", tensor.shape) * std + mean)

    torch.Tensor.normal_, torch.Tensor.uniform_, torch.nn.init.trunc_normal_ = (
        keyed_normal_,
        keyed_uniform_,
        keyed_truncated,
    )


def _dropout(original, noise, drawn):
    def dropout(input, p=0.5, training=True, inplace=False):
        if noise.run is None or not training or p == 0:
            return original(input, p, training, inplace)
        kept = (drawn("uniform", input.shape) >= p).to(input.dtype)
        return input * kept / (1 - p)

    return dropout
