"""Straight-through estimators: rounding and a hard threshold with an attached identity part."""
import torch
import torch.nn.functional as F
from torch import nn


class SignSTE(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return torch.sign(x)

    @staticmethod
    def backward(ctx, grad):
        return grad


def round_ste(x):
    return x + (torch.round(x) - x).detach()


def hard_mask(scores):
    soft = torch.sigmoid(scores)
    hard = (soft > 0.5).float()
    return hard - soft.detach() + soft


class Compressor(nn.Module):
    def __init__(self, width, size, levels=8):
        super().__init__()
        self.encode = nn.Linear(width, size)
        self.gate = nn.Linear(width, size)
        self.decode = nn.Linear(2 * size, width)
        self.levels = levels

    def forward(self, x):
        z = torch.tanh(self.encode(x))
        quantized = round_ste(z * self.levels) / self.levels
        mask = hard_mask(self.gate(x))
        code = torch.cat([quantized * mask, SignSTE.apply(z)], dim=1)
        return self.decode(code), mask


torch.manual_seed(0)
net = Compressor(16, 8)
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
x = torch.randn(64, 16)
for _ in range(10):
    recon, mask = net(x)
    loss = F.mse_loss(recon, x) + 0.01 * mask.mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss.item(), net.gate.weight.grad.abs().sum().item())
