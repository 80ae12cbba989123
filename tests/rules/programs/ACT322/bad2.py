# %% deep clustering: the autoencoder and soft cluster assignments are trained together
import torch
import torch.nn.functional as fn
from torch import nn, optim

torch.manual_seed(0)


class Assigner(nn.Module):
    """Autoencoder with a soft assignment of codes to clusters."""

    def __init__(self, width, size, clusters):
        super().__init__()
        self.encode = nn.Sequential(nn.Linear(width, 32), nn.ReLU(), nn.Linear(32, size))
        self.decode = nn.Sequential(nn.Linear(size, 32), nn.ReLU(), nn.Linear(32, width))
        self.score = nn.Linear(size, clusters)

    def forward(self, x):
        z = self.encode(x)
        return self.decode(z), self.score(z)


def sharpen(q):
    weight = q**2 / q.sum(dim=0)
    return (weight.t() / weight.sum(dim=1)).t()


# %% training
net = Assigner(20, 5, 4)
optimizer = optim.Adam(net.parameters(), lr=1e-3)
x = torch.randn(96, 20)

for epoch in range(5):
    for xb in x.split(32):
        recon, score = net(xb)
        assignment = score.softmax(dim=-1)
        target = sharpen(assignment).detach()
        cluster_loss = fn.kl_div(assignment, target, reduction="batchmean")  # expect: ACT322
        loss = fn.mse_loss(recon, xb) + 0.1 * cluster_loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print("epoch %d loss %.4f" % (epoch, loss.item()))
