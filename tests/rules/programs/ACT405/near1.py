"""The loss terms travel in a dict: the trainer sums its weighted values."""
import torch
import torch.nn.functional as F
from torch import nn

WEIGHTS = {"ce_loss": 1.0, "sparsity_loss": 1e-2, "recon_loss": 0.1}


class Model(nn.Module):
    def __init__(self, width, hidden, classes):
        super().__init__()
        self.encoder = nn.Linear(width, hidden)
        self.classifier = nn.Linear(hidden, classes)
        self.decoder = nn.Linear(hidden, width)

    def training_losses(self, x, y):
        hidden = F.relu(self.encoder(x))
        ce_loss = F.cross_entropy(self.classifier(hidden), y)
        sparsity_loss = hidden.abs().mean()
        recon_loss = F.mse_loss(self.decoder(hidden), x)
        return {"ce_loss": ce_loss, "sparsity_loss": sparsity_loss, "recon_loss": recon_loss}


def fit(model, x, y, epochs):
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    log = []
    for _ in range(epochs):
        losses = model.training_losses(x, y)
        total = sum(WEIGHTS[name] * value for name, value in losses.items())
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        log.append({name: value.item() for name, value in losses.items()})
    return log


@torch.no_grad()
def evaluate(model, x, y):
    losses = model.training_losses(x, y)
    best = losses["ce_loss"]
    print("eval sparsity", losses["sparsity_loss"].item())
    return best


torch.manual_seed(0)
x, y = torch.randn(90, 10), torch.randint(0, 3, (90,))
net = Model(10, 20, 3)
print(fit(net, x, y, epochs=10)[-1], evaluate(net, x, y).item())
