"""Hooks that replace the output on purpose: a LoRA delta, dropout on features, a steering vector."""
import torch
import torch.nn.functional as F
from torch import nn


class LoRA(nn.Module):
    def __init__(self, linear, rank=2, alpha=4.0):
        super().__init__()
        self.down = nn.Linear(linear.in_features, rank, bias=False)
        self.up = nn.Linear(rank, linear.out_features, bias=False)
        nn.init.zeros_(self.up.weight)
        self.scaling = alpha / rank
        self.handle = linear.register_forward_hook(self.add_delta)

    def add_delta(self, module, inputs, output):
        return output + self.scaling * self.up(self.down(inputs[0]))

    def remove(self):
        self.handle.remove()


torch.manual_seed(0)
base = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
base.requires_grad_(False)
lora = LoRA(base[0])
steering = torch.zeros(16)
handles = [
    base[1].register_forward_hook(lambda m, i, o: F.dropout(o, 0.1, training=True)),
    base[1].register_forward_hook(lambda m, i, o: o + steering),
]
optimizer = torch.optim.AdamW([lora.down.weight, lora.up.weight], lr=1e-2)
for step in range(4):
    x, y = torch.randn(16, 8), torch.randint(0, 3, (16,))
    loss = F.cross_entropy(base(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(step, loss.item())
for handle in handles:
    handle.remove()
lora.remove()
