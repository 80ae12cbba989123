"""Two-view contrastive pre-training; projection and temperature live in the loss object."""
import math

import torch
from torch import nn
import torch.nn.functional as F
from torch.optim import AdamW
from torch.optim.lr_scheduler import CosineAnnealingLR


class ContrastiveLoss(nn.Module):
    def __init__(self, dim, proj_dim=16):
        super().__init__()
        self.projector = nn.Sequential(nn.Linear(dim, dim), nn.ReLU(), nn.Linear(dim, proj_dim))
        self.logit_scale = nn.Parameter(torch.tensor(math.log(10.0)))

    def forward(self, a, b):
        a = F.normalize(self.projector(a), dim=-1)
        b = F.normalize(self.projector(b), dim=-1)
        logits = self.logit_scale.exp() * a @ b.t()
        target = torch.arange(len(a), device=a.device)
        return 0.5 * (F.cross_entropy(logits, target) + F.cross_entropy(logits.t(), target))


class Encoder(nn.Module):
    def __init__(self, d_in=20, dim=64):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(d_in, dim), nn.LayerNorm(dim), nn.GELU(), nn.Linear(dim, dim))

    def forward(self, x):
        return self.layers(x)


class Pretrainer:
    def __init__(self, epochs=3, lr=1e-3):
        self.epochs = epochs
        self.encoder = Encoder()
        self.criterion = ContrastiveLoss(dim=64)
        decay = [p for p in self.encoder.parameters() if p.ndim > 1]
        no_decay = [p for p in self.encoder.parameters() if p.ndim <= 1]
        groups = [{"params": decay, "weight_decay": 0.05}, {"params": no_decay, "weight_decay": 0.0}]
        self.optimizer = AdamW(groups, lr=lr)  # expect: ACT314
        self.scheduler = CosineAnnealingLR(self.optimizer, T_max=epochs)

    @staticmethod
    def augment(x):
        return x + 0.1 * torch.randn_like(x)

    def run(self, data, batch_size=32):
        for epoch in range(self.epochs):
            for x in data[torch.randperm(len(data))].split(batch_size):
                loss = self.criterion(self.encoder(self.augment(x)), self.encoder(self.augment(x)))
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
            self.scheduler.step()
            print(epoch, loss.item())


if __name__ == "__main__":
    torch.manual_seed(0)
    Pretrainer().run(torch.randn(256, 20))
