"""Values taken out of the loss for the log, the progress line and the learning-rate schedule only."""
import numpy as np
import torch
from torch import nn


class AverageMeter:
    def __init__(self):
        self.sum, self.count = 0.0, 0

    def update(self, value, n=1):
        self.sum += float(value) * n
        self.count += n

    @property
    def average(self):
        return self.sum / max(self.count, 1)


def run_epoch(model, batches, criterion, optimizer, lam=0.01):
    total, penalty_meter, raw = AverageMeter(), AverageMeter(), []
    for x, y in batches:
        hidden = model[:2](x)
        penalty = hidden.abs().mean()
        loss = criterion(model[2](hidden), y) + lam * penalty
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total.update(loss.item(), len(x))
        penalty_meter.update(penalty.detach())
        raw.append(loss.item())
    return total.average, penalty_meter.average, np.mean(raw), torch.tensor(raw).std().item()


torch.manual_seed(0)
model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2))
class_weights = torch.tensor([0.3, 0.7])
criterion = nn.CrossEntropyLoss(weight=class_weights)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)
batches = [(torch.randn(16, 8), torch.randint(0, 2, (16,))) for _ in range(4)]
for epoch in range(3):
    average, penalty, mean, deviation = run_epoch(model, batches, criterion, optimizer)
    scheduler.step(average + 0.01 * penalty)
    print(f"{epoch}: {average:.4f} penalty {penalty:.4f} {mean:.4f} +- {deviation:.4f}")
