"""Classifier with a decorrelation penalty on a trained projection head."""
from itertools import chain

import torch
import torch.nn.functional as F
from torch import nn, no_grad
from torch.optim import AdamW


def decorrelation(z):
    z = z - z.mean(dim=0)
    cov = (z.T @ z) / (z.shape[0] - 1)
    off_diagonal = cov - torch.diag(torch.diag(cov))
    return off_diagonal.pow(2).mean()


class Learner:
    def __init__(self, n_in=10, width=32, classes=3, weight=0.5):
        self.backbone = nn.Sequential(nn.Linear(n_in, width), nn.GELU())
        self.projector = nn.Linear(width, 16)
        self.classifier = nn.Linear(width, classes)
        self.weight = weight
        self.parts = [self.backbone, self.projector, self.classifier]
        self.optimizer = AdamW(chain.from_iterable(p.parameters() for p in self.parts), lr=1e-3)

    def compute_loss(self, x, y):
        features = self.backbone(x)
        logits = self.classifier(features)
        with no_grad():
            embedding = self.projector(features)  # expect: ACT306
        penalty = decorrelation(embedding)
        return F.cross_entropy(logits, y) + self.weight * penalty

    def step(self, x, y):
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.compute_loss(x, y)
        loss.backward()
        self.optimizer.step()
        return loss.item()


def main():
    torch.manual_seed(0)
    learner = Learner()
    for step in range(5):
        x, y = torch.randn(32, 10), torch.randint(0, 3, (32,))
        print(f"step {step}: {learner.step(x, y):.4f}")
    print("projector gradient:", learner.projector.weight.grad)


if __name__ == "__main__":
    main()
