"""Mixture of experts; the experts sit in a comprehension over a local block class."""
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn import GELU, LayerNorm, Linear, Module, Sequential


class Expert(Module):
    def __init__(self, dim: int, expansion: int = 2) -> None:
        super().__init__()
        self.norm = LayerNorm(dim)
        self.mlp = Sequential(Linear(dim, expansion * dim), GELU(), Linear(expansion * dim, dim))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.mlp(self.norm(x))


class MixtureOfExperts(Module):
    def __init__(self, dim: int, domains: tuple) -> None:
        super().__init__()
        self.gate = Linear(dim, len(domains))
        self.experts = {domain: Expert(dim) for domain in domains}  # expect: ACT313

    def forward(self, x: Tensor) -> Tensor:
        weights = self.gate(x).softmax(dim=-1)
        outputs = torch.stack([expert(x) for expert in self.experts.values()], dim=-1)
        return (outputs * weights.unsqueeze(1)).sum(dim=-1)


class Classifier(Module):
    def __init__(self, n_in: int, dim: int, classes: int) -> None:
        super().__init__()
        self.stem = Linear(n_in, dim)
        self.mixture = MixtureOfExperts(dim, ("news", "code", "speech"))
        self.head = Linear(dim, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.mixture(self.stem(x)))


def main() -> None:
    torch.manual_seed(0)
    model = Classifier(10, 16, 4)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    print("parameters", sum(p.numel() for p in model.parameters()))
    for step in range(5):
        x, y = torch.randn(32, 10), torch.randint(0, 4, (32,))
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, round(loss.item(), 4))


if __name__ == "__main__":
    main()
