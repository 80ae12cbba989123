"""The loss's own parameters come into the optimizer as a group of their own, or later."""
import itertools

import torch
from torch import nn, optim


class CenterLoss(nn.Module):
    def __init__(self, classes, size):
        super().__init__()
        self.centers = nn.Parameter(torch.randn(classes, size))

    def forward(self, features, labels):
        return (features - self.centers[labels]).pow(2).sum(dim=1).mean()


class HintLoss(nn.Module):
    def __init__(self, small, large):
        super().__init__()
        self.proj = nn.Linear(small, large)

    def forward(self, features, wanted):
        return nn.functional.mse_loss(self.proj(features), wanted)


class UncertaintyWeights(nn.Module):
    def __init__(self, terms):
        super().__init__()
        self.log_var = nn.Parameter(torch.zeros(terms))

    def forward(self, losses):
        losses = torch.stack(losses)
        return (losses * torch.exp(-self.log_var) + self.log_var).sum()


torch.manual_seed(0)
backbone, head = nn.Sequential(nn.Linear(10, 16), nn.Tanh()), nn.Linear(16, 3)
center, hint, weigh = CenterLoss(3, 16), HintLoss(16, 24), UncertaintyWeights(3)
groups = [
    {"params": itertools.chain(backbone.parameters(), head.parameters())},
    {"params": center.parameters(), "lr": 0.5},
    {"params": list(weigh.parameters()), "lr": 1e-3},
]
optimizer = optim.SGD(groups, lr=0.05)
optimizer.add_param_group({"params": hint.parameters()})

x, y, wanted = torch.randn(48, 10), torch.randint(0, 3, (48,)), torch.randn(48, 24)
for _ in range(10):
    h = backbone(x)
    terms = [nn.functional.cross_entropy(head(h), y), center(h, y), hint(h, wanted)]
    loss = weigh(terms)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss.item())
