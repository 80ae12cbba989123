"""Norms and square roots whose gradient is finite at zero."""
import math

import torch
from torch import nn
import torch.nn.functional as F


class Attention(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.q, self.k = nn.Linear(dim, dim), nn.Linear(dim, dim)

    def forward(self, x):
        scores = self.q(x) @ self.k(x).transpose(-1, -2) / math.sqrt(x.shape[-1])
        return scores.softmax(dim=-1) @ x * x.shape[-1] ** -0.5


class RMSNorm(nn.Module):
    def __init__(self, dim, eps=1e-6):
        super().__init__()
        self.eps = eps
        self.scale = nn.Parameter(torch.ones(dim))

    def forward(self, x):
        return self.scale * x * torch.rsqrt(x.pow(2).mean(dim=-1, keepdim=True) + self.eps)


class Net(nn.Module):
    def __init__(self, dim=16):
        super().__init__()
        self.attn, self.norm = Attention(dim), RMSNorm(dim)
        self.proj = nn.Linear(dim, 8, bias=False)

    def forward(self, x):
        return torch.tanh(self.proj(self.norm(self.attn(x))))


def penalties(h):
    eps = 1e-12
    smooth = torch.sqrt((h ** 2).sum(dim=-1) + eps)
    clamped = h.pow(2).sum(dim=-1).clamp(min=1e-8).sqrt()
    hyperbolic = (1.0 + h.pow(2).sum(dim=-1)).sqrt() - 1.0            # bounded away from 0
    charbonnier = (h * h + 1e-6) ** 0.5
    library = torch.linalg.vector_norm(h, dim=-1) + torch.norm(h, dim=-1) + h.norm(p=2, dim=-1)
    variance = torch.sqrt(h.flatten(0, 1).var(dim=0) + 1e-4)          # VICReg
    return (
        smooth.mean() + clamped.mean() + hyperbolic.mean() + charbonnier.mean()
        + library.mean() + F.relu(1 - variance).mean()
    )


def main():
    torch.manual_seed(0)
    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
    for step in range(3):
        x = torch.randn(4, 6, 16)
        x[:, 4:] = 0.0                                                # padding
        h = net(x)
        unit = F.normalize(h.mean(dim=1), dim=-1, eps=1e-6)
        loss = penalties(h) + (unit @ unit.t()).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, loss.item(), all(bool(torch.isfinite(p).all()) for p in net.parameters()))


if __name__ == "__main__":
    main()
