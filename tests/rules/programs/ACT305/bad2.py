import torch
import torch.nn.functional as F
from torch import nn


class ResidualMLP(nn.Module):
    def __init__(self, dim=16, classes=3):
        super().__init__()
        self.up = nn.Linear(dim, dim)
        self.down = nn.Linear(dim, dim)
        self.head = nn.Linear(dim, classes)

    def forward(self, x):
        branch = self.down(F.gelu(self.up(x)))
        branch += x
        return self.head(branch)


class BranchNorm:
    """Penalises the size of the residual branch (before the skip connection is added)."""

    def __init__(self, model, weight):
        self.weight = weight
        self.branch = None
        self.handle = model.down.register_forward_hook(self.save)

    def save(self, module, args, result):
        self.branch = result  # expect: ACT305

    def penalty(self):
        return self.weight * self.branch.pow(2).mean()

    def __del__(self):
        self.handle.remove()


def main():
    torch.manual_seed(1)
    model = ResidualMLP()
    branch_norm = BranchNorm(model, 0.1)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for step in range(4):
        x, y = torch.randn(8, 16), torch.randint(0, 3, (8,))
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        penalty = branch_norm.penalty()
        (loss + penalty).backward()
        optimizer.step()
        print(step, loss.item(), penalty.item())


if __name__ == "__main__":
    main()
