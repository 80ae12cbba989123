""".forward of super(), of self, of the base class and of an autograd.Function: none of them skips a hook."""
import torch
from torch import nn


class ScaledLinear(nn.Linear):
    def __init__(self, n_in, n_out, scale):
        super().__init__(n_in, n_out)
        self.scale = scale

    def forward(self, x):
        return self.scale * super().forward(x)


class ClippedGelu(nn.GELU):
    def forward(self, x):
        return nn.GELU.forward(self, x).clamp(max=6.0)


class RoundSTE(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.round()

    @staticmethod
    def backward(ctx, grad):
        return grad


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = ScaledLinear(4, 8, 0.5)
        self.act = ClippedGelu()
        self.out = nn.Linear(8, 1)

    def forward(self, x):
        return self.out(RoundSTE.apply(self.act(self.fc(x))))

    def score(self, x):
        return torch.sigmoid(self.forward(x))


acts = {}
net = Net()
handle = net.act.register_forward_hook(lambda m, i, o: acts.update(h=o))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for _ in range(3):
    x = torch.randn(8, 4)
    loss = nn.functional.binary_cross_entropy(net.score(x), (x[:, :1] > 0).float()) + 0.01 * acts["h"].abs().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(loss.item())
handle.remove()
