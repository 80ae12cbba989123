"""Captures next to in-place activations that are right: of the activation itself, of a clone, and before a norm."""
import torch
from torch import nn


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.act2 = nn.LeakyReLU(0.1, inplace=True)
        self.fc = nn.Linear(8, 2)

    def forward(self, x):
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.act2(self.conv2(x))
        return self.fc(x.mean(dim=(2, 3)))


class Store:
    def __init__(self):
        self.data = {}

    def plain(self, key):
        def hook(module, inputs, output):
            self.data[key] = output

        return hook

    def cloned(self, module, inputs, output):
        self.data["conv2"] = output.clone()


net, store = ConvNet(), Store()
handles = [
    net.relu.register_forward_hook(store.plain("post")),
    net.conv1.register_forward_hook(store.plain("conv1")),
    net.conv2.register_forward_hook(store.cloned),
]
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for _ in range(3):
    logits = net(torch.randn(4, 1, 8, 8))
    penalty = sum(value.abs().mean() for value in store.data.values())
    loss = nn.functional.cross_entropy(logits, torch.randint(0, 2, (4,))) + 0.01 * penalty
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(loss.item(), store.data["conv2"].min().item())
for handle in handles:
    handle.remove()
