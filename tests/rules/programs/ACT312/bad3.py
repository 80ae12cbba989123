"""Churn model, binary target."""
import argparse

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class ChurnNet(nn.Module):
    def __init__(self, n_features, hidden=(64, 32), p=0.2):
        super().__init__()
        blocks, width = [], n_features
        for h in hidden:
            blocks += [nn.Linear(width, h), nn.BatchNorm1d(h), nn.ReLU(), nn.Dropout(p)]
            width = h
        self.body = nn.Sequential(*blocks)
        self.score = nn.Linear(width, 1)

    def forward(self, x):
        z = self.score(self.body(x)).squeeze(1)
        return torch.sigmoid(z)


class Experiment:
    def __init__(self, args, n_features):
        self.net = ChurnNet(n_features)
        self.criterion = nn.BCEWithLogitsLoss(pos_weight=torch.tensor(3.0))
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=args.lr)

    def train_epoch(self, loader):
        self.net.train()
        total = 0.0
        for x, y in loader:
            self.optimizer.zero_grad()
            y_hat = self.net(x)
            loss = self.criterion(y_hat, y)  # expect: ACT312
            loss.backward()
            self.optimizer.step()
            total += loss.item()
        return total / len(loader)

    @torch.no_grad()
    def accuracy(self, loader):
        self.net.eval()
        hits = sum(((self.net(x) > 0.5) == y.bool()).sum().item() for x, y in loader)
        return hits / len(loader.dataset)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, default=1e-3)
    args = parser.parse_args()
    torch.manual_seed(0)
    X = torch.randn(400, 12)
    data = TensorDataset(X, (X[:, 0] - X[:, 1] > 1).float())
    train, valid = random_split(data, [320, 80])
    exp = Experiment(args, 12)
    for epoch in range(3):
        cost = exp.train_epoch(DataLoader(train, batch_size=32, shuffle=True))
        print(epoch, cost, exp.accuracy(DataLoader(valid, batch_size=80)))
