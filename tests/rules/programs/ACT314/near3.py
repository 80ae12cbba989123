"""Auxiliary modules that are trained elsewhere, or must not be trained."""
import itertools

import torch
from torch import nn
import torch.nn.functional as F


class HintLoss(nn.Module):
    def __init__(self, s_dim, t_dim):
        super().__init__()
        self.proj = nn.Linear(s_dim, t_dim)

    def forward(self, s, t):
        return F.mse_loss(self.proj(s), t)


class RandomFeatureLoss(nn.Module):
    """Fixed random projection, never trained."""

    def __init__(self, dim, out=32):
        super().__init__()
        self.net = nn.Linear(dim, out, bias=False)
        self.net.requires_grad_(False)

    def forward(self, a, b):
        return F.l1_loss(self.net(a), self.net(b))


class Critic(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.score = nn.Sequential(nn.Linear(dim, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))

    def forward(self, h):
        return self.score(h)


class Student(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(8, 24), nn.ReLU())
        self.out = nn.Linear(24, 5)

    def forward(self, x):
        h = self.body(x)
        return h, self.out(h)


def main():
    torch.manual_seed(0)
    teacher = nn.Linear(8, 40).requires_grad_(False)
    student, critic = Student(), Critic(24)
    student.hint = HintLoss(24, 40)                     # becomes part of the optimised model
    late, chained = HintLoss(24, 40), HintLoss(5, 5)
    fixed = RandomFeatureLoss(5)
    optimizer = torch.optim.Adam(itertools.chain(student.parameters(), chained.parameters()), lr=1e-3)
    optimizer.add_param_group({"params": late.parameters(), "lr": 1e-2})
    critic_optimizer = torch.optim.Adam(critic.parameters(), lr=1e-3)

    for step in range(10):
        x, y = torch.randn(32, 8), torch.randn(32, 5)
        with torch.no_grad():
            t = teacher(x)
        h, pred = student(x)
        critic_loss = F.softplus(-critic(torch.randn_like(h))).mean() + F.softplus(critic(h.detach())).mean()
        critic_optimizer.zero_grad()
        critic_loss.backward()
        critic_optimizer.step()

        loss = F.mse_loss(pred, y) + student.hint(h, t) + late(h, t) + chained(pred, y) + fixed(pred, y)
        loss = loss + 0.1 * F.softplus(-critic(h)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(loss.item(), critic_loss.item())


if __name__ == "__main__":
    main()
