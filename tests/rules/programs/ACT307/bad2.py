import torch
import torch.nn as nn
import torch.nn.functional as F


class VAE(nn.Module):
    def __init__(self, dim=20, latent=4):
        super().__init__()
        self.enc = nn.Linear(dim, 16)
        self.mu, self.logvar = nn.Linear(16, latent), nn.Linear(16, latent)
        self.dec = nn.Linear(latent, dim)

    def forward(self, x):
        h = F.elu(self.enc(x))
        mu, logvar = self.mu(h), self.logvar(h)
        z = mu + torch.randn_like(mu) * (0.5 * logvar).exp()
        return self.dec(z), {"h": h, "mu": mu, "logvar": logvar}


WEIGHTS = {"kl": 0.1, "activity": 0.01}


def loss_terms(x, recon, aux):
    kl = -0.5 * (1 + aux["logvar"] - aux["mu"].pow(2) - aux["logvar"].exp()).mean()
    return {"recon": F.mse_loss(recon, x), "kl": kl, "activity": aux["h"].abs().mean()}


def train_step(model, optimizer, x):
    recon, aux = model(x)
    terms = loss_terms(x, recon, aux)
    loss = terms["recon"] + sum(weight * terms[name].item() for name, weight in WEIGHTS.items())  # expect: ACT307
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


vae = VAE()
adam = torch.optim.Adam(vae.parameters(), lr=1e-3)
for step in range(5):
    print(step, train_step(vae, adam, torch.randn(16, 20)))
