import torch
from torch import nn, optim
from torch import tensor


class MultiTaskNet(nn.Module):
    def __init__(self, n_in=16, tasks=3):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(n_in, 32), nn.ReLU())
        self.heads = nn.ModuleList([nn.Linear(32, 1) for _ in range(tasks)])

    def forward(self, x):
        shared = self.trunk(x)
        return [head(shared) for head in self.heads]


class MultiTaskLoss(nn.Module):
    def __init__(self):
        super().__init__()
        self.mse = nn.MSELoss()

    def forward(self, outputs, targets):
        losses = []
        for output, target in zip(outputs, targets):
            losses.append(self.mse(output, target))
        return tensor(losses, requires_grad=True).mean()  # expect: ACT307


def main():
    torch.manual_seed(0)
    net = MultiTaskNet()
    criterion = MultiTaskLoss()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    for epoch in range(3):
        x = torch.randn(8, 16)
        targets = [x[:, i : i + 1] for i in range(3)]
        optimizer.zero_grad()
        loss = criterion(net(x), targets)
        loss.backward()
        optimizer.step()
        print("epoch", epoch, "loss", loss.item())


if __name__ == "__main__":
    main()
