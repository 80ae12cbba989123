"""Metric-learning flavoured classifier: cross entropy plus a centre loss on the pooled features."""
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset


def conv_block(cin, cout):
    return nn.Sequential(
        nn.Conv2d(cin, cout, 3, padding=1, bias=False),
        nn.BatchNorm2d(cout),
        nn.ReLU(),
        nn.Dropout2d(0.2),
        nn.MaxPool2d(2),
    )


def make_classifier(classes):
    return nn.Sequential(
        conv_block(3, 16),
        conv_block(16, 32),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(32, classes),
    )


class Trainer:
    def __init__(self, classes=5, weight=0.05):
        self.model = make_classifier(classes)
        # everything but the classification layer
        self.extractor = nn.Sequential(*list(self.model.children())[:-1])
        self.centers = torch.randn(classes, 32)
        self.weight = weight
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.05, momentum=0.9)

    def loss(self, images, labels):
        logits = self.model(images)
        ce = F.cross_entropy(logits, labels)
        emb = self.extractor(images)  # expect: ACT202
        center = F.mse_loss(emb, self.centers[labels])
        return ce + self.weight * center

    def fit(self, loader, epochs):
        self.model.train()
        for epoch in range(epochs):
            running = 0.0
            for images, labels in loader:
                self.optimizer.zero_grad()
                loss = self.loss(images, labels)
                loss.backward()
                self.optimizer.step()
                running += loss.item()
            print(f"epoch {epoch}: {running / len(loader):.4f}")


if __name__ == "__main__":
    torch.manual_seed(0)
    data = TensorDataset(torch.randn(64, 3, 16, 16), torch.randint(0, 5, (64,)))
    Trainer().fit(DataLoader(data, batch_size=16, shuffle=True), epochs=2)
