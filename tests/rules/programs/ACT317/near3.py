"""Functional dropout that follows the mode, or is on in eval mode by explicit intent."""
import torch
import torch.nn.functional as F
from torch import nn


class Prenet(nn.Module):
    """Tacotron-like: dropout stays on at inference."""

    def __init__(self, n_in, width, p=0.5):
        super().__init__()
        self.p = p
        self.layers = nn.ModuleList([nn.Linear(n_in, width), nn.Linear(width, width)])

    def forward(self, x):
        for layer in self.layers:
            x = F.dropout(F.relu(layer(x)), p=self.p, training=True)
        return x


class Denoiser(nn.Module):
    def __init__(self, n_in=12, width=16, p=0.2):
        super().__init__()
        self.p = p
        self.prenet = Prenet(n_in, width)
        self.drop = nn.Dropout(p)
        self.mix = nn.Sequential(nn.Linear(width, width), nn.Dropout(0.1), nn.ReLU())
        self.out = nn.Linear(width, n_in)
        self.regularised = True

    def word_drop(self, x):
        if not self.training:
            return x
        return F.dropout(x, 0.05)

    def forward(self, x):
        x = self.word_drop(x)
        x = F.dropout(x, self.p, self.training)
        h = self.drop(self.prenet(x))
        h = self.mix(h)
        if self.training and self.regularised:
            h = F.dropout(h, self.p)
        options = {"p": self.p, "training": self.training}
        h = F.dropout(h, **options)
        return self.out(h)


def corrupt(x, rate=0.3):
    """Masking noise of a denoising autoencoder: input corruption, used by the training loop only."""
    return F.dropout(x, rate)


torch.manual_seed(0)
net = Denoiser()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
clean = torch.randn(64, 12)
for step in range(5):
    net.train()
    optimizer.zero_grad()
    loss = F.mse_loss(net(corrupt(clean)), clean)
    loss.backward()
    optimizer.step()
net.eval()
with torch.no_grad():
    print(loss.item(), F.mse_loss(net(clean), clean).item())
