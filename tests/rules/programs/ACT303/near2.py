"""Bounded stores: a deque of length one in training, and a detached collector over the test set under no_grad."""
from collections import deque

import torch
import torch.nn.functional as F
from torch import nn

model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2))
latest = deque(maxlen=1)


def remember(module, inputs, output):
    latest.append(output)


def train(batches):
    handle = model[1].register_forward_hook(remember)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for x, y in batches:
        logits = model(x)
        loss = F.cross_entropy(logits, y) + 0.01 * latest[0].abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    handle.remove()
    return loss.item()


@torch.no_grad()
def extract(batches):
    model.eval()
    features, targets = [], []
    handle = model[1].register_forward_hook(lambda m, i, o: features.append(o.detach().cpu()))
    for x, y in batches:
        model(x)
        targets.append(y)
    handle.remove()
    return torch.cat(features), torch.cat(targets)


torch.manual_seed(0)
data = [(torch.randn(16, 8), torch.randint(0, 2, (16,))) for _ in range(5)]
print(train(data))
hidden, labels = extract(data)
print(hidden.shape, [hidden[labels == c].mean().item() for c in (0, 1)])
