from collections import defaultdict

import torch
import torch.nn.functional as F
from torch import nn


class Classifier(nn.Module):
    def __init__(self, dim=14, width=28, classes=3):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(dim, width), nn.ReLU())
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        hidden = self.body(x)
        return self.head(hidden), hidden


def loss_and_parts(model, x, y, lam=0.01):
    logits, hidden = model(x)
    ce = F.cross_entropy(logits, y)
    return ce + lam * hidden.abs().mean()


def fit(model, data, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for epoch in range(epochs):
        meters = defaultdict(float)
        for x, y in data:
            loss = loss_and_parts(model, x, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            meters["loss"] += loss  # expect: ACT310
            meters["batches"] += 1
        print(f"epoch {epoch}: {meters['loss'] / meters['batches']:.4f}")


torch.manual_seed(0)
batches = [(torch.randn(8, 14), torch.randint(0, 3, (8,))) for _ in range(6)]
fit(Classifier(), batches, epochs=2)
