"""ACT320 hook-on-reused-module."""

from __future__ import annotations

import pytest

_FOUND = {
    "loop": """\
import torch
import torch.nn as nn


class SparseMLP(nn.Module):
    def __init__(self, sizes=(32, 64, 64, 64), n_classes=10):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes[:-1], sizes[1:]))
        self.act = nn.GELU()
        self.head = nn.Linear(sizes[-1], n_classes)

    def forward(self, x):
        for layer in self.layers:
            x = self.act(layer(x))
        return self.head(x)


activations = {}


def save_output(name):
    def hook(module, args, output):
        activations[name] = output

    return hook


def main():
    torch.manual_seed(0)
    model = SparseMLP()
    handle = model.act.register_forward_hook(save_output("first_hidden"))  # expect: ACT320
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    criterion = nn.CrossEntropyLoss()
    for step in range(5):
        inputs, labels = torch.randn(16, 32), torch.randint(0, 10, (16,))
        logits = model(inputs)
        sparsity = activations["first_hidden"].abs().mean()
        loss = criterion(logits, labels) + 1e-2 * sparsity
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(f"{step}: loss={loss.item():.4f} sparsity={sparsity.item():.4f}")
    handle.remove()


if __name__ == "__main__":
    main()
""",
    "blocks": """\
from functools import partial

import torch
import torch.nn.functional as F
from torch import nn


class BasicBlock(nn.Module):
    def __init__(self, planes):
        super().__init__()
        self.conv1 = nn.Conv2d(planes, planes, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU()
        self.conv2 = nn.Conv2d(planes, planes, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)

    def forward(self, x):
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out = out + x
        return self.relu(out)


class TinyResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.blocks = nn.Sequential(BasicBlock(8), BasicBlock(8))
        self.fc = nn.Linear(8, 4)

    def forward(self, x):
        return self.fc(self.blocks(self.stem(x)).mean(dim=(2, 3)))


def keep(store, key, module, inputs, output):
    store[key] = output


net = TinyResNet()
inner = {}
handles = []
for index, block in enumerate(net.blocks):
    handles.append(block.relu.register_forward_hook(partial(keep, inner, f"block{index}.mid")))  # expect: ACT320

opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
for _ in range(3):
    images, target = torch.randn(4, 3, 8, 8), torch.randint(0, 4, (4,))
    loss = F.cross_entropy(net(images), target)
    loss = loss + 1e-3 * torch.stack([a.pow(2).mean() for a in inner.values()]).sum()
    opt.zero_grad()
    loss.backward()
    opt.step()
    print(loss.item())
for handle in handles:
    handle.remove()
""",
    "shared by blocks": """\
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, act):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.act = act

    def forward(self, x):
        return self.act(self.fc(x))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        act = nn.ReLU()
        self.one, self.two = Block(act), Block(act)

    def forward(self, x):
        return self.two(self.one(x))


class Watcher:
    def __init__(self, net):
        net.one.act.register_forward_hook(self.keep)  # expect: ACT320

    def keep(self, module, args, out):
        self.hidden = out.detach()


net = Net()
w = Watcher(net)
net(torch.ones(1, 4))
print(w.hidden)
""",
    "container and lambda": """\
import torch
from torch import nn

act = nn.Tanh()
net = nn.Sequential(nn.Linear(4, 8), act, nn.Linear(8, 8), act, nn.Linear(8, 1))
kept = {}
act.register_forward_hook(lambda m, i, o: kept.update(h=o))  # expect: ACT320
loss = net(torch.ones(2, 4)).mean() + kept["h"].abs().mean()
loss.backward()
""",
    "named modules and nonlocal": """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(4, 8), nn.Linear(8, 8)
        self.act = nn.ReLU()

    def forward(self, x):
        return self.act(self.b(self.act(self.a(x))))


def main():
    net = Net()
    hidden = None

    def keep(module, args, out):
        nonlocal hidden
        hidden = out

    for name, module in net.named_modules():
        if isinstance(module, nn.ReLU):
            module.register_forward_hook(keep)  # expect: ACT320
    net(torch.ones(1, 4))
    print(hidden)


main()
""",
    "callable object": """\
import torch
import torch.nn as nn


class Encoder(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.block = nn.Linear(8, 8)
        self.norm = nn.LayerNorm(8)
        self.depth = depth

    def forward(self, x):
        for _ in range(self.depth):
            x = self.norm(torch.relu(self.block(x)) + x)
        return x


class Probe:
    def __init__(self, model):
        self.value = None
        self.handle = model.block.register_forward_hook(self)  # expect: ACT320

    def __call__(self, module, inputs, output):
        self.value = output


enc = Encoder(3)
probe = Probe(enc)
loss = enc(torch.ones(1, 8)).mean() + probe.value.pow(2).mean()
loss.backward()
""",
    "update of a dict": """\
import torch
from torch import nn

features = {}


def hook_for(name):
    def inner(_, __, out):
        features.update({name: out})

    return inner


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(4, 4), nn.Linear(4, 4)
        self.drop = nn.Dropout(0.1)
        self.hook = self.drop.register_forward_hook(hook_for("drop"))  # expect: ACT320

    def forward(self, x):
        x = self.drop(self.fc1(x))
        return self.drop(self.fc2(x))


net = Net()
net(torch.ones(1, 4)).mean().backward()
""",
}


_SILENT = {
    "recorder": """\
from collections import defaultdict

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(8, 16), nn.Linear(16, 16), nn.Linear(16, 2)
        self.relu = nn.ReLU()

    def forward(self, x):
        x = self.relu(self.fc1(x))
        x = self.relu(self.fc2(x))
        return self.fc3(x)


class CallRecorder:
    def __init__(self, module, name):
        self.calls = defaultdict(list)
        self.name = name
        self.handle = module.register_forward_hook(self.record)

    def record(self, module, inputs, output):
        self.calls[self.name].append(output)

    def reset(self):
        self.calls.clear()

    def close(self):
        self.handle.remove()


model = Net()
recorder = CallRecorder(model.relu, "relu")
optimizer = torch.optim.Adam(model.parameters())
loss_fn = nn.CrossEntropyLoss()
for step in range(4):
    recorder.reset()
    logits = model(torch.randn(8, 8))
    first_hidden, second_hidden = recorder.calls["relu"]
    loss = loss_fn(logits, torch.randint(0, 2, (8,))) + 1e-2 * first_hidden.abs().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(step, first_hidden.shape, second_hidden.shape, loss.item())
recorder.close()
""",
    "branches": """\
import torch
import torch.nn as nn
import torch.nn.functional as F


class Encoder(nn.Module):
    def __init__(self, dim=16, pre_norm=True):
        super().__init__()
        self.pre_norm = pre_norm
        self.norm = nn.LayerNorm(dim)
        self.fc = nn.Linear(dim, dim)
        self.act = nn.ReLU()
        self.drop = nn.Dropout(0.1)
        self.out = nn.Linear(dim, 3)

    def forward(self, x):
        x = self.drop(x)
        if self.pre_norm:
            h = self.act(self.fc(self.norm(x)))
        else:
            h = self.norm(self.act(self.fc(x)))
        return self.out(self.drop(h))


captured = {}


def on_forward(module, inputs, output):
    captured["act"] = output


encoder = Encoder(pre_norm=True)
hook_handle = encoder.act.register_forward_hook(on_forward)
optim = torch.optim.SGD(encoder.parameters(), lr=0.01)
for _ in range(3):
    x, y = torch.randn(10, 16), torch.randint(0, 3, (10,))
    optim.zero_grad()
    loss = F.cross_entropy(encoder(x), y) + 0.05 * captured["act"].mean()
    loss.backward()
    optim.step()
    print(loss.item())
hook_handle.remove()
""",
    "counted and added up": """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(4, 8), nn.Linear(8, 8)
        self.act = nn.ReLU()

    def forward(self, x):
        return self.act(self.b(self.act(self.a(x))))


net = Net()
count, acts, total = 0, {}, {"sum": 0.0}


def keep(module, args, out):
    global count
    acts[f"call{count}"] = out
    count += 1


def add(module, args, out):
    total["sum"] = total["sum"] + out.abs().mean()


net.act.register_forward_hook(keep)
net.act.register_forward_hook(add)
net.a.register_forward_hook(lambda m, i, o: acts.update(a=o))
net(torch.ones(1, 4))
net(torch.ones(1, 4))
""",
    "called twice, one each": """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc, self.act = nn.Linear(4, 4), nn.ReLU()

    def forward(self, x):
        return self.act(self.enc(x))


net = Net()
acts = {}
net.act.register_forward_hook(lambda m, i, o: acts.update(a=o))
for step in range(3):
    a = net(torch.ones(1, 4))
    b = net(torch.zeros(1, 4))
    loss = (a - b).pow(2).mean() + acts["a"].mean()
    loss.backward()


class Rec(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(4, 4) for _ in range(n))
        self.relus = nn.ModuleList(nn.ReLU() for _ in range(n))

    def forward(self, x):
        for layer, relu in zip(self.layers, self.relus):
            x = relu(layer(x))
        return x


rec = Rec(3)
for i, r in enumerate(rec.relus):
    r.register_forward_hook(lambda m, a, o, i=i: acts.__setitem__(i, o))
rec(torch.ones(1, 4))
""",
    "other named modules": """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(4, 8), nn.Linear(8, 8)
        self.act = nn.ReLU()

    def forward(self, x):
        return self.act(self.b(self.act(self.a(x))))


def main():
    net = Net()
    hidden = None

    def keep(module, args, out):
        nonlocal hidden
        hidden = out

    for name, module in net.named_modules():
        if isinstance(module, nn.Linear):
            module.register_forward_hook(keep)
    net(torch.ones(1, 4))
    print(hidden)


main()
""",
}


@pytest.mark.parametrize("text", _FOUND.values(), ids=_FOUND)
def test_found(text, expect):
    expect("ACT320", text)


@pytest.mark.parametrize("text", _SILENT.values(), ids=_SILENT)
def test_silent(text, expect):
    expect("ACT320", text)
