"""Leaves that are optimised: an adversarial perturbation, learned loss weights, and an energy's coordinates."""
import torch
import torch.nn.functional as F
from torch import nn


def pgd(model, x, y, eps=0.1, steps=2):
    delta = torch.zeros_like(x).uniform_(-eps, eps)
    for _ in range(steps):
        delta.requires_grad_(True)
        loss = F.cross_entropy(model(x + delta), y)
        (grad,) = torch.autograd.grad(loss, delta)
        delta = (delta + 0.02 * grad.sign()).clamp(-eps, eps).detach()
    return delta


def relax(energy, positions, steps=3):
    positions = positions.clone().requires_grad_(True)
    optimizer = torch.optim.SGD([positions], lr=0.1)
    for _ in range(steps):
        optimizer.zero_grad()
        energy(positions).mean().backward()
        optimizer.step()
    return positions.detach()


torch.manual_seed(0)
model = nn.Sequential(nn.Linear(5, 16), nn.ReLU(), nn.Linear(16, 3))
loss_log_vars = torch.zeros(2)
loss_log_vars.requires_grad_()
optimizer = torch.optim.Adam([*model.parameters(), loss_log_vars], lr=1e-2)
for step in range(4):
    x, y = torch.randn(16, 5), torch.randint(0, 3, (16,))
    clean = F.cross_entropy(model(x), y)
    robust = F.cross_entropy(model(x + pgd(model, x, y)), y)
    losses = torch.stack([clean, robust])
    total = (torch.exp(-loss_log_vars) * losses + loss_log_vars).sum()
    optimizer.zero_grad()
    total.backward()
    optimizer.step()
    print(step, total.item())
print(relax(lambda p: p.pow(2).sum(dim=1), torch.randn(4, 3)).norm().item())
