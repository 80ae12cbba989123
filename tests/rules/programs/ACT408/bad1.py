"""An 'accuracy loss' built from argmax is added to the cross-entropy."""
import torch
from torch import nn, optim
from torch.nn import functional as F


class Classifier(nn.Module):
    def __init__(self, width, classes):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(width, 32), nn.ReLU(), nn.Linear(32, classes))

    def forward(self, x):
        return self.net(x)


class AccuracyAwareLoss(nn.Module):
    """Cross-entropy plus the share of wrong predictions."""

    def __init__(self, weight):
        super().__init__()
        self.weight = weight

    def error_rate(self, logits, target):
        return 1.0 - logits.argmax(dim=1).eq(target).float().mean()  # expect: ACT408

    def forward(self, logits, target):
        return F.cross_entropy(logits, target) + self.weight * self.error_rate(logits, target)


def main():
    torch.manual_seed(0)
    model = Classifier(10, 4)
    criterion = AccuracyAwareLoss(weight=0.5)
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    x, y = torch.randn(128, 10), torch.randint(0, 4, (128,))
    for epoch in range(3):
        for start in range(0, len(x), 32):
            optimizer.zero_grad()
            loss = criterion(model(x[start : start + 32]), y[start : start + 32])
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch} loss {loss.item():.4f}")


if __name__ == "__main__":
    main()
