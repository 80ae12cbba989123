"""Sums that are consistent with the base loss: per sample, over weights, or divided by hand."""
import torch
import torch.nn.functional as F
from torch import nn


class Vae(nn.Module):
    def __init__(self, n_in=12, width=24, latent=3):
        super().__init__()
        self.enc = nn.Linear(n_in, width)
        self.mu, self.log_var = nn.Linear(width, latent), nn.Linear(width, latent)
        self.dec = nn.Linear(latent, n_in)

    def forward(self, x):
        h = torch.tanh(self.enc(x))
        mu, log_var = self.mu(h), self.log_var(h)
        z = mu + torch.randn_like(mu) * torch.exp(0.5 * log_var)
        return self.dec(z), h, mu, log_var


def kl_per_sample(mu, log_var):
    return 0.5 * (mu.pow(2) + log_var.exp() - 1 - log_var).sum(dim=1)


def mean_objective(model, x):
    recon, hidden, mu, log_var = model(x)
    base = F.mse_loss(recon, x)
    sparsity = hidden.abs().sum(dim=-1).mean()
    decay = sum(p.pow(2).sum() for p in model.enc.parameters())
    return base + 1e-3 * sparsity + 1e-4 * decay + 1e-2 * kl_per_sample(mu, log_var).mean()


def normalised_objective(model, x):
    recon, hidden, mu, log_var = model(x)
    base = nn.functional.smooth_l1_loss(recon, x)
    sparsity = torch.sum(torch.abs(hidden)) / x.size(0)
    energy = hidden.pow(2).sum() / hidden.numel()
    return base + 1e-3 * sparsity + 1e-3 * energy + 1e-2 * kl_per_sample(mu, log_var).mean()


def summed_objective(model, x):
    recon, hidden, mu, log_var = model(x)
    base = F.mse_loss(recon, x, reduction="sum")
    return base + 1e-3 * hidden.abs().sum() + kl_per_sample(mu, log_var).sum()


torch.manual_seed(0)
data = torch.randn(64, 12)
for objective in (mean_objective, normalised_objective, summed_objective):
    model = Vae()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(5):
        optimizer.zero_grad()
        loss = objective(model, data)
        loss.backward()
        optimizer.step()
    active = (torch.tanh(model.enc(data)).abs() > 0.1).sum().item()
    print(objective.__name__, loss.item(), active)
