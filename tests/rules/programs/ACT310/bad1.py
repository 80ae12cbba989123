import torch
from torch import nn


class Regressor(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(10, 64)
        self.out = nn.Linear(64, 1)

    def forward(self, x):
        return self.out(torch.relu(self.hidden(x)))


def train(model, batches, criterion, optimizer):
    model.train()
    for x, y in batches:
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()


def validate(model, batches, criterion):
    model.eval()
    losses = []
    for x, y in batches:
        loss = criterion(model(x), y)
        losses.append(loss)  # expect: ACT310
    average = sum(losses) / len(losses)
    print(f"validation loss {average:.4f}")


def make_batches(n):
    inputs = torch.randn(n, 32, 10)
    return [(x, x.sum(dim=1, keepdim=True)) for x in inputs]


if __name__ == "__main__":
    torch.manual_seed(0)
    regressor = Regressor()
    mse = nn.MSELoss()
    adam = torch.optim.Adam(regressor.parameters(), lr=1e-3)
    train_batches, valid_batches = make_batches(8), make_batches(4)
    for epoch in range(3):
        train(regressor, train_batches, mse, adam)
        validate(regressor, valid_batches, mse)
