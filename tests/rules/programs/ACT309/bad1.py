import torch
from torch import nn


class SparseCoder(nn.Module):
    def __init__(self, dim=16, hidden=32, classes=4):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(dim, hidden), nn.ReLU())
        self.head = nn.Linear(hidden, classes)

    def forward(self, x):
        return self.head(self.backbone(x))


feature_log = {}


def get_activation(name):
    def hook(module, inputs, output):
        feature_log[name] = output.detach()
        return output.detach()  # expect: ACT309

    return hook


def main():
    torch.manual_seed(0)
    model = SparseCoder()
    handle = model.backbone.register_forward_hook(get_activation("backbone"))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    criterion = nn.CrossEntropyLoss()
    for step in range(5):
        inputs, labels = torch.randn(8, 16), torch.randint(0, 4, (8,))
        optimizer.zero_grad()
        loss = criterion(model(inputs), labels)
        loss.backward()
        optimizer.step()
        active = (feature_log["backbone"] > 0).float().mean()
        print(f"{step}: loss {loss.item():.4f} active {active.item():.2f}")
    handle.remove()


if __name__ == "__main__":
    main()
