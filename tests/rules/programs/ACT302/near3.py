"""Hooks registered in loops that do not pile up."""
import contextlib
import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
model = nn.Sequential()
model.add_module("conv1", nn.Conv2d(1, 4, 3))
model.add_module("act1", nn.ReLU())
model.add_module("conv2", nn.Conv2d(4, 8, 3))
model.add_module("act2", nn.ReLU())
model.add_module("head", nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3)))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
acts = {}


def save_as(key):
    def hook(module, args, output):
        acts[key] = output

    return hook


@contextlib.contextmanager
def capture(module, key):
    handle = module.register_forward_hook(save_as(key))
    try:
        yield
    finally:
        handle.remove()


by_name = dict(model.named_modules())
permanent = []
for name in ("act1", "act2"):
    permanent.append(by_name[name].register_forward_hook(save_as(name)))
for _, child in model.named_children():
    if isinstance(child, nn.Conv2d):
        weight_hook = child.weight.register_hook(lambda grad: grad.clamp(-1, 1))

for step in range(5):
    x, y = torch.randn(8, 1, 8, 8), torch.randint(0, 3, (8,))
    optimizer.zero_grad()
    handle = model.conv2.register_forward_hook(save_as("conv2"))
    try:
        logits = model(x)
    finally:
        handle.remove()
    loss = F.cross_entropy(logits, y) + 0.01 * acts["act1"].abs().mean() + 0.01 * acts["conv2"].pow(2).mean()
    loss.backward()
    optimizer.step()

for batch in torch.randn(3, 4, 1, 8, 8):
    with torch.no_grad(), capture(model.head, "head"):
        model(batch)
    with model.conv1.register_forward_hook(save_as("conv1")), torch.no_grad():
        model(batch)
    print({key: tuple(value.shape) for key, value in acts.items()})

while permanent:
    permanent.pop().remove()
print(sum(len(m._forward_hooks) for m in model.modules()))
