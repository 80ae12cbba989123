import torch
import torch.nn as nn


class FeatureTap:
    """Keeps the latest output of a layer."""

    def __init__(self, layer):
        self.features = None
        self.handle = layer.register_forward_hook(self._on_forward)

    def _on_forward(self, module, inputs, output):
        self.features = output.clone().detach()

    def close(self):
        self.handle.remove()


class ConvNet(nn.Module):
    def __init__(self, classes=5):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, kernel_size=3, padding=1)
        self.relu = nn.ReLU()
        self.fc = nn.Linear(8, classes)

    def forward(self, x):
        h = self.relu(self.conv(x))
        return self.fc(h.mean(dim=(2, 3)))


def train(net, batches, lam=1e-2):
    tap = FeatureTap(net.relu)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for images, labels in batches:
        optimizer.zero_grad()
        outputs = net(images)
        loss = criterion(outputs, labels)
        loss = loss + lam * tap.features.abs().mean()  # expect: ACT301
        loss.backward()
        optimizer.step()
        print(f"loss {loss.item():.4f}")
    tap.close()


if __name__ == "__main__":
    torch.manual_seed(0)
    train(ConvNet(), [(torch.randn(4, 1, 8, 8), torch.randint(0, 5, (4,))) for _ in range(3)])
