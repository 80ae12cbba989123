"""Functional dropout with the flag given by keyword, by position, and on purpose always on (MC dropout, prenet)."""
import torch
import torch.nn.functional as F
from torch import nn


class Prenet(nn.Module):
    """Always drops, also when it generates."""

    def __init__(self, width, hidden):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, hidden), nn.Linear(hidden, hidden)

    def forward(self, x):
        x = F.dropout(F.relu(self.fc1(x)), p=0.5, training=True)
        return F.dropout(F.relu(self.fc2(x)), 0.5, True)


class Regressor(nn.Module):
    def __init__(self, width, hidden=32, p=0.1):
        super().__init__()
        self.prenet = Prenet(width, hidden)
        self.hidden = nn.Linear(hidden, hidden)
        self.out = nn.Linear(hidden, 1)
        self.p = p

    def forward(self, x, mc_dropout=False):
        h = torch.tanh(self.hidden(F.dropout(self.prenet(x), self.p, self.training)))
        h = F.dropout(h, p=self.p, training=self.training or mc_dropout)
        return self.out(h).squeeze(-1)


torch.manual_seed(0)
model = Regressor(6)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
x = torch.randn(80, 6)
y = x[:, 0] * x[:, 1]
for _ in range(20):
    loss = F.smooth_l1_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

model.eval()
with torch.no_grad():
    samples = torch.stack([model(x[:5], mc_dropout=True) for _ in range(16)])
print("mean", samples.mean(dim=0), "spread", samples.std(dim=0))
