"""Momentum teacher, EMA update, focal weights and validation: no_grad where it belongs."""
import copy

import torch
import torch.nn.functional as F
from torch import nn


class Encoder(nn.Module):
    def __init__(self, dim=16):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, dim))
        self.head = nn.Linear(dim, 3)

    def forward(self, x):
        z = self.body(x)
        return z, self.head(z)


class MeanTeacher:
    def __init__(self, momentum=0.99):
        self.student = Encoder()
        self.teacher = copy.deepcopy(self.student).requires_grad_(False).eval()
        self.momentum = momentum
        self.optimizer = torch.optim.SGD(self.student.parameters(), lr=0.05)

    @torch.no_grad()
    def targets(self, x):
        z, logits = self.teacher(x)
        return F.normalize(z, dim=1), logits.softmax(dim=1)

    @torch.no_grad()
    def update_teacher(self):
        for slow, fast in zip(self.teacher.parameters(), self.student.parameters()):
            slow.lerp_(fast, 1 - self.momentum)

    def loss(self, x, noisy, y):
        z, logits = self.student(noisy)
        z_teacher, p_teacher = self.targets(x)
        each = F.cross_entropy(logits, y, reduction="none")
        with torch.no_grad():
            focal = (1 - torch.exp(-each)) ** 2
        supervised = (focal * each).mean()
        consistency = (F.normalize(z, dim=1) - z_teacher).pow(2).sum(dim=1).mean()
        soft = -(p_teacher * F.log_softmax(logits, dim=1)).sum(dim=1).mean()
        return supervised + 0.5 * consistency + 0.1 * soft

    def step(self, x, y):
        self.optimizer.zero_grad()
        loss = self.loss(x, x + 0.1 * torch.randn_like(x), y)
        loss.backward()
        self.optimizer.step()
        self.update_teacher()
        return loss.item()

    @torch.inference_mode()
    def validate(self, x, y):
        z, logits = self.student(x)
        val_loss = F.cross_entropy(logits, y) + 0.01 * z.abs().mean()
        return val_loss.item()


torch.manual_seed(0)
run = MeanTeacher()
x, y = torch.randn(64, 8), torch.randint(0, 3, (64,))
for epoch in range(3):
    print(epoch, run.step(x, y), run.validate(x, y))
