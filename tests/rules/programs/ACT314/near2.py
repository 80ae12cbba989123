"""A projector that is part of the model, a frozen random projection, and a frozen perceptual network."""
import torch
from torch import nn


class Projected(nn.Module):
    """Feature matching with a learned projector."""

    def __init__(self, small, large):
        super().__init__()
        self.proj = nn.Linear(small, large)

    def forward(self, s, t):
        return (self.proj(s) - t).abs().mean()


class RandomSketch(nn.Module):
    """Compares images in a fixed random projection."""

    def __init__(self, width, size=8):
        super().__init__()
        self.proj = nn.Linear(width, size, bias=False)
        self.proj.requires_grad_(False)

    def forward(self, a, b):
        return (self.proj(a) - self.proj(b)).pow(2).mean()


class Perceptual(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network.eval()
        for p in self.network.parameters():
            p.requires_grad = False

    def forward(self, a, b):
        return nn.functional.l1_loss(self.network(a), self.network(b))


torch.manual_seed(0)
student = nn.Sequential(nn.Linear(12, 6), nn.ReLU(), nn.Linear(6, 12))
student.matching = Projected(6, 20)
sketch, perceptual = RandomSketch(12), Perceptual(nn.Sequential(nn.Linear(12, 9), nn.Tanh()))
optimizer = torch.optim.Adam([p for p in student.parameters() if p.requires_grad], lr=1e-3)

x, wanted = torch.randn(40, 12), torch.randn(40, 20)
for _ in range(10):
    code = student[1](student[0](x))
    recon = student[2](code)
    loss = sketch(recon, x) + perceptual(recon, x) + 0.1 * student.matching(code, wanted)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss.item())
