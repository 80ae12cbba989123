"""Per-sample L1 of the code (sum over features, mean over the batch) and a summed L2 of the weights."""
import torch
import torch.nn.functional as F
from torch import nn


class Autoencoder(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.encoder = nn.Linear(width, hidden)
        self.decoder = nn.Linear(hidden, width)

    def forward(self, x):
        hidden = torch.relu(self.encoder(x))
        return self.decoder(hidden), hidden


def l2_of_weights(module):
    return sum(p.pow(2).sum() for name, p in module.named_parameters() if name.endswith("weight"))


def objective(model, x, l1=1e-3, l2=1e-5):
    recon, hidden = model(x)
    sparsity = hidden.abs().sum(dim=1).mean()
    energy = hidden.pow(2).sum(-1)
    return F.mse_loss(recon, x) + l1 * sparsity + 0.1 * l1 * energy.mean() + l2 * l2_of_weights(model)


torch.manual_seed(0)
model = Autoencoder(16, 64)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
data = torch.randn(200, 16)
for epoch in range(5):
    for batch in data.split(50):
        loss = objective(model, batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print("epoch %d loss %.4f" % (epoch, loss.item()))
