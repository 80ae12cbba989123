"""Gradient accumulation with detached statistics; the validation sum is built under no_grad and has no graph."""
import torch
import torch.nn.functional as F
from torch import nn


class Loop:
    def __init__(self, model, accumulate=2):
        self.model = model
        self.accumulate = accumulate
        self.optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        self.running = torch.zeros(())
        self.curve = []

    def train(self, data):
        self.optimizer.zero_grad()
        for i, (x, y) in enumerate(data, start=1):
            loss = F.cross_entropy(self.model(x), y)
            (loss / self.accumulate).backward()
            self.running += loss.detach()
            self.curve.append(loss.item())
            if i % self.accumulate == 0:
                self.optimizer.step()
                self.optimizer.zero_grad()
        return self.running / len(self.curve)

    @torch.no_grad()
    def validate(self, data):
        self.model.eval()
        total, correct = 0.0, 0
        for x, y in data:
            logits = self.model(x)
            total += F.cross_entropy(logits, y)
            correct += (logits.argmax(dim=1) == y).sum()
        self.model.train()
        return total / len(data), correct


def l2(model):
    penalty = 0.0
    for parameter in model.parameters():
        penalty += parameter.pow(2).sum()
    return penalty


torch.manual_seed(0)
loop = Loop(nn.Sequential(nn.Linear(9, 18), nn.ReLU(), nn.Linear(18, 4)))
batches = [(torch.randn(8, 9), torch.randint(0, 4, (8,))) for _ in range(4)]
for epoch in range(2):
    print(loop.train(batches).item(), [float(v) for v in loop.validate(batches)])
with torch.no_grad():
    print("weight norm", l2(loop.model).item())
