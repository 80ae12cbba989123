"""Lists and dicts of modules whose parameters are registered, handed over, or hidden on purpose."""
from itertools import chain

import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    activations = {"relu": nn.ReLU, "tanh": nn.Tanh}

    def __init__(self, sizes=(6, 16, 16), classes=3, act="relu", teacher=None):
        super().__init__()
        layers = []
        for n_in, n_out in zip(sizes[:-1], sizes[1:]):
            layers += [nn.Linear(n_in, n_out), self.activations[act]()]
        self.body = nn.Sequential(*layers)

        self.gates = [nn.Linear(sizes[-1], sizes[-1]) for _ in range(2)]
        self.gates = nn.ModuleList(self.gates)

        self.tails = []
        for index in range(2):
            tail = nn.Linear(sizes[-1], classes)
            self.add_module(f"tail{index}", tail)
            self.tails.append(tail)

        self.norm, self.drop = nn.LayerNorm(sizes[-1]), nn.Dropout(0.1)
        self.stages = [self.norm, self.drop]
        self.widths = [n for n in sizes]
        self._teacher = (teacher,)

    def forward(self, x):
        h = self.body(x)
        for gate in self.gates:
            h = h * torch.sigmoid(gate(h))
        for stage in self.stages:
            h = stage(h)
        return sum(tail(h) for tail in self.tails) / len(self.tails)


class Ensemble:
    """No nn.Module: the parameters are collected by hand."""

    def __init__(self, n, teacher):
        self.members = [Net(teacher=teacher) for _ in range(n)]
        params = chain.from_iterable(member.parameters() for member in self.members)
        self.optimizer = torch.optim.Adam(params, lr=1e-3)

    def step(self, x, y):
        self.optimizer.zero_grad()
        loss = sum(F.cross_entropy(member(x), y) for member in self.members)
        loss.backward()
        self.optimizer.step()
        return loss.item()


torch.manual_seed(0)
teacher = nn.Linear(6, 3).requires_grad_(False).eval()
ensemble = Ensemble(2, teacher)
for _ in range(3):
    print(ensemble.step(torch.randn(16, 6), torch.randint(0, 3, (16,))))
print(len(list(ensemble.members[0].parameters())))
