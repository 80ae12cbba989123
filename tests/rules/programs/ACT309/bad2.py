import torch
import torch.nn.functional as F
from torch import nn


class Monitor:
    """Remembers the outputs of the encoder's layers for a histogram."""

    def __init__(self, model):
        self.cache = cache = {}
        self.handles = []
        for name, sub in model.encoder.named_children():
            hook = sub.register_forward_hook(lambda m, i, o, k=name: cache.setdefault(k, o.detach()))  # expect: ACT309
            self.handles.append(hook)

    def histogram(self):
        return {key: torch.histc(value, bins=4).tolist() for key, value in self.cache.items()}

    def close(self):
        for handle in self.handles:
            handle.remove()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(6, 12), nn.Tanh(), nn.Linear(12, 12), nn.Tanh())
        self.head = nn.Linear(12, 1)

    def forward(self, x):
        return self.head(self.encoder(x))


net = Net()
monitor = Monitor(net)
optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
for step in range(4):
    x = torch.randn(10, 6)
    loss = F.mse_loss(net(x), x.mean(dim=1, keepdim=True))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(step, loss.item())
print(monitor.histogram())
monitor.close()
