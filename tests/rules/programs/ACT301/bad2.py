import torch
import torch.nn.functional as F
from torch import nn, optim


class GatedLayer(nn.Module):
    def __init__(self, d_in, d_out):
        super().__init__()
        self.value, self.gate = nn.Linear(d_in, d_out), nn.Linear(d_in, d_out)

    def forward(self, x, record):
        g = torch.sigmoid(self.gate(x))
        record.append(g.data)
        return g * self.value(x)


class GatedNet(nn.Module):
    def __init__(self, sizes=(10, 32, 32)):
        super().__init__()
        self.layers = nn.ModuleList([GatedLayer(a, b) for a, b in zip(sizes, sizes[1:])])
        self.head = nn.Linear(sizes[-1], 1)

    def forward(self, x):
        gates = []
        for layer in self.layers:
            x = layer(x, gates)
        return self.head(x), gates


def compute_loss(model, x, y, lam):
    prediction, gates = model(x)
    error = F.mse_loss(prediction, y)
    openness = torch.stack([g.mean() for g in gates]).sum()  # expect: ACT301
    return error + lam * openness


torch.manual_seed(0)
model = GatedNet()
opt = optim.Adam(model.parameters(), lr=3e-3)
for step in range(5):
    x = torch.randn(32, 10)
    loss = compute_loss(model, x, x.sum(dim=1, keepdim=True), lam=0.1)
    opt.zero_grad()
    loss.backward()
    opt.step()
    print(step, loss.item())
