"""Mixture of experts: model.losses() returns two terms, only the first one is differentiated."""
import torch
from torch import nn, optim


class MixtureOfExperts(nn.Module):
    def __init__(self, width, experts=4, balance=0.01):
        super().__init__()
        self.gate = nn.Linear(width, experts)
        self.experts = nn.ModuleList(nn.Linear(width, 1) for _ in range(experts))
        self.balance = balance

    def forward(self, x):
        weights = self.gate(x).softmax(dim=-1)
        outputs = torch.cat([expert(x) for expert in self.experts], dim=-1)
        return (weights * outputs).sum(dim=-1), weights

    def losses(self, x, y):
        prediction, weights = self(x)
        load = weights.mean(dim=0)
        balance_loss = self.balance * (load * len(self.experts) - 1).pow(2).mean()
        return nn.functional.mse_loss(prediction, y), balance_loss


def run(model, x, y, epochs, batch_size):
    optimizer = optim.Adam(model.parameters(), lr=1e-2)
    for epoch in range(epochs):
        total, total_balance = 0.0, 0.0
        for xb, yb in zip(x.split(batch_size), y.split(batch_size)):
            optimizer.zero_grad()
            task_loss, balance_loss = model.losses(xb, yb)  # expect: ACT405
            task_loss.backward()
            optimizer.step()
            total += task_loss.item()
            total_balance += balance_loss.item()
        print(f"epoch {epoch} task {total:.4f} balance {total_balance:.4f}")


torch.manual_seed(0)
inputs = torch.randn(128, 6)
run(MixtureOfExperts(6), inputs, inputs.prod(dim=1), epochs=3, batch_size=32)
