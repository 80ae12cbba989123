"""Shared modules whose hook keeps every call, and hooks on modules that are called once."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class Net(nn.Module):
    def __init__(self, n_in=6, width=16, classes=3):
        super().__init__()
        self.fc1 = nn.Linear(n_in, width)
        self.fc2 = nn.Linear(width, width)
        self.fc3 = nn.Linear(width, classes)
        self.relu = nn.ReLU()
        self.last_act = nn.Tanh()
        self.drop = nn.Dropout(0.1)

    def forward(self, x):
        x = self.drop(self.relu(self.fc1(x)))
        x = self.drop(self.relu(self.fc2(x)))
        x = self.last_act(x)
        return self.fc3(x)


class CallCounter:
    """One key per call: relu/0, relu/1, ..."""

    def __init__(self):
        self.acts = {}

    def reset(self, module, args):
        self.acts = {}

    def record(self, module, args, output):
        self.acts[f"relu/{len(self.acts)}"] = output


torch.manual_seed(0)
model = Net()
counter, every_call, single = CallCounter(), [], {}


def append_call(module, args, output):
    every_call.append(output)


def keep_last_act(module, args, output):
    single["tanh"] = output


handles = [
    model.register_forward_pre_hook(counter.reset),
    model.relu.register_forward_hook(counter.record),
    model.relu.register_forward_hook(append_call),
    model.last_act.register_forward_hook(keep_last_act),
]
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for step in range(5):
    every_call.clear()
    x, y = torch.randn(32, 6), torch.randint(0, 3, (32,))
    optimizer.zero_grad()
    logits = model(x)
    sparsity = torch.stack([h.abs().mean() for h in every_call]).mean()
    loss = F.cross_entropy(logits, y) + 0.01 * sparsity + 0.01 * single["tanh"].pow(2).mean()
    loss.backward()
    optimizer.step()
print(sorted(counter.acts), len(every_call), loss.item())
for handle in handles:
    handle.remove()
