"""requires_grad_ on inputs: saliency maps and the gradient penalty of a critic."""
import torch
from torch import autograd, nn


def gradient_penalty(critic, real, fake):
    alpha = torch.rand(real.size(0), 1)
    mixed = alpha * real + (1 - alpha) * fake
    mixed.requires_grad_(True)
    score = critic(mixed)
    (grad,) = autograd.grad(score, mixed, torch.ones_like(score), create_graph=True)
    return (grad.norm(2, dim=1) - 1).pow(2).mean()


def saliency(critic, x):
    x = x.clone()
    x.requires_grad = True
    critic(x).sum().backward()
    return x.grad.abs()


torch.manual_seed(0)
critic = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 1))
generator = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 6))
opt_c = torch.optim.Adam(critic.parameters(), lr=1e-3)
opt_g = torch.optim.Adam(generator.parameters(), lr=1e-3)
for step in range(4):
    real = torch.randn(16, 6)
    fake = generator(torch.randn(16, 2)).detach()
    loss_c = critic(fake).mean() - critic(real).mean() + 10.0 * gradient_penalty(critic, real, fake)
    opt_c.zero_grad()
    loss_c.backward()
    opt_c.step()

    loss_g = -critic(generator(torch.randn(16, 2))).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()
    print(step, loss_c.item(), loss_g.item())
print(saliency(critic, torch.randn(2, 6)).shape)
