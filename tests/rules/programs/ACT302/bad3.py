"""Feature matching between two views; the extractor helper is called for every batch."""
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class ConvNet(nn.Module):
    def __init__(self, classes=4):
        super().__init__()
        self.layer1 = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())
        self.layer2 = nn.Sequential(nn.Conv2d(8, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU())
        self.fc = nn.Linear(16, classes)

    def forward(self, x):
        x = self.layer2(self.layer1(x))
        return self.fc(x.mean(dim=(2, 3)))


def forward_with_features(model, images):
    captured = {}

    def save(module, args, output):
        captured["layer2"] = output

    model.layer2.register_forward_hook(save)  # expect: ACT302
    logits = model(images)
    return logits, captured["layer2"]


def train_one_epoch(model, loader, optimizer, weight=0.1):
    model.train()
    running = 0.0
    for images, labels in loader:
        optimizer.zero_grad()
        logits, features = forward_with_features(model, images)
        _, flipped = forward_with_features(model, images.flip(-1))
        match = F.mse_loss(features.mean(dim=(2, 3)), flipped.mean(dim=(2, 3)))
        loss = F.cross_entropy(logits, labels) + weight * match
        loss.backward()
        optimizer.step()
        running += loss.item()
    return running / len(loader)


def main():
    torch.manual_seed(0)
    data = TensorDataset(torch.randn(32, 3, 8, 8), torch.randint(0, 4, (32,)))
    loader = DataLoader(data, batch_size=8, shuffle=True)
    model = ConvNet()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    for epoch in range(3):
        print(epoch, train_one_epoch(model, loader, optimizer), len(model.layer2._forward_hooks))


if __name__ == "__main__":
    main()
