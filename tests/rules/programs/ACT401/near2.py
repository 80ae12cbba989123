"""VAE: sums everywhere, divided once by the batch; and the penalty's sum is divided by the number of elements."""
import torch
from torch import nn
from torch.nn import functional as F


class VAE(nn.Module):
    def __init__(self, width=20, hidden=32, latent=4):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(width, hidden), nn.ReLU())
        self.mu, self.log_var = nn.Linear(hidden, latent), nn.Linear(hidden, latent)
        self.decoder = nn.Sequential(nn.Linear(latent, hidden), nn.ReLU(), nn.Linear(hidden, width))

    def forward(self, x):
        hidden = self.body(x)
        mu, log_var = self.mu(hidden), self.log_var(hidden)
        z = mu + torch.exp(0.5 * log_var) * torch.randn_like(mu)
        return self.decoder(z), mu, log_var, hidden


def vae_loss(recon, x, mu, log_var):
    reconstruction = F.mse_loss(recon, x, reduction="sum")
    kl = -0.5 * (1 + log_var - mu.pow(2) - log_var.exp()).sum()
    return (reconstruction + kl) / x.size(0)


def mean_activity(hidden):
    return hidden.sum() / hidden.numel()


torch.manual_seed(0)
vae = VAE()
head = nn.Linear(32, 2)
optimizer = torch.optim.Adam([*vae.parameters(), *head.parameters()], lr=1e-3)
x, labels = torch.randn(128, 20), torch.randint(0, 2, (128,))
for step in range(10):
    recon, mu, log_var, hidden = vae(x)
    elbo = vae_loss(recon, x, mu, log_var)
    loss = elbo + F.cross_entropy(head(hidden), labels) + 0.01 * mean_activity(hidden)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss.item())
