"""The ops behind the captured layer are out of place; the in-place one comes before it."""
from collections import OrderedDict

import torch
import torch.nn as nn


class SkipBlock(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.layers = nn.Sequential(
            OrderedDict(
                [
                    ("fc1", nn.Linear(dim, dim)),
                    ("relu1", nn.ReLU(inplace=True)),
                    ("fc2", nn.Linear(dim, dim)),
                    ("relu2", nn.ReLU()),
                ]
            )
        )
        self.proj = nn.Linear(dim, dim)

    def forward(self, x):
        out = self.proj(self.layers(x))
        out = out + x
        return torch.relu(out)


class Model(nn.Module):
    def __init__(self, dim=12):
        super().__init__()
        self.block = SkipBlock(dim)
        self.head = nn.Linear(dim, 1)

    def forward(self, x):
        return self.head(self.block(x))


model = Model()
pre = {}
hooks = []
for name in ("fc2",):
    layer = getattr(model.block.layers, name)
    hooks.append(layer.register_forward_hook(lambda m, i, o, name=name: pre.update({name: o})))
hooks.append(model.block.proj.register_forward_hook(lambda m, i, o: pre.update(proj=o)))

optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for step in range(3):
    x = torch.randn(8, 12)
    error = (model(x) - x.mean(dim=1, keepdim=True)).pow(2).mean()
    loss = error + 1e-2 * pre["fc2"].pow(2).mean() + 1e-2 * pre["proj"].pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(step, loss.item(), pre["fc2"].min().item())
for hook in hooks:
    hook.remove()
