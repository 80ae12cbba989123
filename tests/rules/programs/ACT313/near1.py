"""Lists of modules that are registered afterwards, in three ways."""
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, sizes, heads):
        super().__init__()
        layers = []
        for a, b in zip(sizes, sizes[1:]):
            layers.append(nn.Linear(a, b))
            layers.append(nn.ReLU())
        self.trunk = nn.Sequential(*layers)

        self.heads = []
        for i in range(heads):
            self.heads.append(nn.Linear(sizes[-1], 1))
            self.add_module("head%d" % i, self.heads[-1])

        self.gates = [nn.Linear(sizes[-1], 1) for _ in range(heads)]
        self.gates = nn.ModuleList(self.gates)

    def forward(self, x):
        h = self.trunk(x)
        outputs = torch.cat([head(h) for head in self.heads], dim=1)
        gates = torch.cat([gate(h) for gate in self.gates], dim=1).softmax(dim=1)
        return (outputs * gates).sum(dim=1)


torch.manual_seed(0)
net = Net([8, 16, 16], heads=3)
optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
x = torch.randn(64, 8)
y = x.pow(2).sum(dim=1)
for _ in range(20):
    loss = (net(x) - y).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss.item(), len(list(net.parameters())))
