"""Weights of the terms are computed from loss values on purpose; every term itself stays attached."""
import torch
import torch.nn.functional as F
from torch import nn


class BalancedLoss:
    """Scales the auxiliary term to the size of the main one (as a constant) and anneals it."""

    def __init__(self, lam):
        self.lam = torch.tensor(lam)
        self.history = []

    def __call__(self, base, auxiliary):
        scale = base.item() / max(auxiliary.item(), 1e-8)
        anneal = torch.tensor(0.9 ** len(self.history))
        self.history.append([base.item(), auxiliary.item()])
        return base + self.lam * anneal * scale * auxiliary


def focal_weights(losses, gamma=2.0):
    p = torch.exp(-losses.detach())
    return torch.as_tensor((1 - p).cpu().numpy() ** gamma)


net = nn.Sequential(nn.Linear(6, 12), nn.Tanh(), nn.Linear(12, 3))
balanced = BalancedLoss(0.1)
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(4):
    x, y = torch.randn(16, 6), torch.randint(0, 3, (16,))
    hidden = net[1](net[0](x))
    per_sample = F.cross_entropy(net[2](hidden), y, reduction="none")
    base = (focal_weights(per_sample) * per_sample).mean()
    loss = balanced(base, torch.stack([hidden.abs().mean(), hidden.pow(2).mean()]).sum())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(step, loss.item())
print(torch.tensor(balanced.history).mean(dim=0))
