"""An ensemble in an ordinary class (not a Module), and a Module whose list attributes hold no modules."""
import torch
from torch import nn


class Member(nn.Module):
    def __init__(self, width, seed):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.columns = [int(i) for i in torch.randperm(width, generator=generator)[: width // 2]]
        self.activations = {"relu": torch.relu, "tanh": torch.tanh}
        self.names = ["relu", "tanh"]
        self.first = nn.Linear(len(self.columns), 16)
        self.last = nn.Linear(16, 1)

    def forward(self, x):
        h = self.first(x[:, self.columns])
        h = sum(self.activations[name](h) for name in self.names)
        return self.last(h)


class Ensemble:
    def __init__(self, size, width):
        self.members = [Member(width, seed) for seed in range(size)]
        self.optimizers = [torch.optim.Adam(m.parameters(), lr=1e-2) for m in self.members]
        self.criterion = nn.MSELoss()

    def fit(self, x, y, epochs):
        for _ in range(epochs):
            for member, optimizer in zip(self.members, self.optimizers):
                loss = self.criterion(member(x), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()

    @torch.no_grad()
    def predict(self, x):
        return torch.stack([member(x) for member in self.members]).mean(dim=0)


torch.manual_seed(0)
x = torch.randn(100, 10)
y = x.sum(dim=1, keepdim=True)
ensemble = Ensemble(3, 10)
ensemble.fit(x, y, epochs=10)
print((ensemble.predict(x) - y).abs().mean().item())
