"""Registration loops over the modules (each module once), handles are removed at the end."""
import torch
from torch import nn


class Activations:
    def __init__(self):
        self.values = {}
        self.handles = []

    def watch(self, model):
        for name, module in model.named_modules():
            if isinstance(module, nn.ReLU):
                self.handles.append(module.register_forward_hook(self.hook(name)))
        for block in model:
            inner = getattr(block, "norm", None)
            if inner is not None:
                self.handles.append(inner.register_forward_hook(self.hook(f"norm{id(inner)}")))
        return self

    def hook(self, name):
        def store(module, inputs, output):
            self.values[name] = output

        return store

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        while self.handles:
            self.handles.pop().remove()


torch.manual_seed(0)
model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
criterion = nn.CrossEntropyLoss()
with Activations().watch(model) as activations:
    for step in range(4):
        logits = model(torch.randn(8, 6))
        penalty = torch.stack([v.abs().mean() for v in activations.values.values()]).sum()
        loss = criterion(logits, torch.randint(0, 2, (8,))) + 0.01 * penalty
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, loss.item())
