"""Frozen or jointly trained networks next to the optimised one."""
import copy

import torch
from torch import nn
import torch.nn.functional as F


def mlp(d_in, d_out, width=32):
    return nn.Sequential(nn.Linear(d_in, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Linear(width, d_out))


def freeze(net):
    for p in net.parameters():
        p.requires_grad = False
    return net.eval()


class Trainer:
    def __init__(self):
        self.generator = mlp(8, 16)
        self.peer = mlp(8, 16)
        self.ema = copy.deepcopy(self.generator).eval()
        self.big = mlp(8, 16, width=128).eval()
        self.features = freeze(mlp(16, 24))
        self.teacher = freeze(mlp(8, 16, width=64))
        self.opt = torch.optim.Adam([
            {"params": self.generator.parameters()},
            {"params": self.peer.parameters()},
        ], lr=1e-3)

    @torch.no_grad()
    def soft_targets(self, z):
        return self.big(z)

    def perceptual(self, fake, real):
        # gradients must pass through the frozen net into `fake`: no no_grad here
        return F.l1_loss(self.features(fake), self.features(real).detach())

    def step(self, z, real):
        fake = self.generator(z)
        other = self.peer(z)                           # mutual learning: in the optimizer, too
        with torch.no_grad():
            consistent = self.ema(z)
        frozen = self.teacher(z)                       # requires_grad is False everywhere, eval mode
        loss = (
            self.perceptual(fake, real)
            + F.mse_loss(fake, self.soft_targets(z))
            + F.mse_loss(fake, consistent)
            + F.mse_loss(fake, frozen)
            + F.mse_loss(fake, other)
        )
        self.opt.zero_grad()
        loss.backward()
        self.opt.step()
        self.update_ema()
        return loss.item()

    @torch.no_grad()
    def update_ema(self, decay=0.99):
        for e, p in zip(self.ema.parameters(), self.generator.parameters()):
            e.lerp_(p, 1 - decay)


if __name__ == "__main__":
    torch.manual_seed(0)
    trainer = Trainer()
    for step in range(5):
        print(step, trainer.step(torch.randn(32, 8), torch.randn(32, 16)))
