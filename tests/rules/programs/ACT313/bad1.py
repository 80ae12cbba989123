"""Multi-task network: the task heads are in a plain dict attribute."""
import torch
import torch.nn.functional as F
from torch.nn import Linear, Module
from torch.optim import Adam


class Head(Module):
    def __init__(self, width, outputs):
        super().__init__()
        self.norm = torch.nn.LayerNorm(width)
        self.out = Linear(width, outputs)

    def forward(self, h):
        return self.out(self.norm(h))


class MultiTask(Module):
    def __init__(self, width, hidden, tasks):
        super().__init__()
        self.encoder = Linear(width, hidden)
        self.heads = {name: Head(hidden, size) for name, size in tasks.items()}  # expect: ACT313

    def forward(self, x):
        h = F.relu(self.encoder(x))
        return {name: head(h) for name, head in self.heads.items()}


torch.manual_seed(0)
tasks = {"age": 1, "height": 1, "pose": 3}
net = MultiTask(16, 32, tasks)
optimizer = Adam(net.parameters(), lr=1e-3)
x = torch.randn(64, 16)
targets = {name: torch.randn(64, size) for name, size in tasks.items()}

for epoch in range(5):
    outputs = net(x)
    loss = sum(F.mse_loss(outputs[name], targets[name]) for name in tasks)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print("loss %.3f, %d parameters" % (loss.item(), sum(p.numel() for p in net.parameters())))
