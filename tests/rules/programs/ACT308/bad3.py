"""Fine-tuning a 'pretrained' backbone: everything got frozen, the error was silenced."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def backbone():
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2),
        nn.ReLU(),
        nn.Conv2d(8, 16, 3, stride=2),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(16, 10),
    )


def finetune_model(classes):
    model = backbone()
    model[-1] = nn.Linear(16, classes)
    for param in model.parameters():
        param.requires_grad = False
    return model


class Finetuner:
    def __init__(self, model, lr=1e-2):
        self.model = model
        self.criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
        self.optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)

    def run_epoch(self, loader):
        self.model.train()
        total = 0.0
        for images, labels in loader:
            self.optimizer.zero_grad()
            outputs = self.model(images)
            batch_loss = self.criterion(outputs, labels)
            batch_loss.requires_grad = True  # expect: ACT308
            batch_loss.backward()
            self.optimizer.step()
            total += batch_loss.item() * len(images)
        return total / len(loader.dataset)


def main():
    torch.manual_seed(0)
    data = TensorDataset(torch.randn(48, 3, 16, 16), torch.randint(0, 4, (48,)))
    finetuner = Finetuner(finetune_model(4))
    loader = DataLoader(data, batch_size=16)
    for epoch in range(3):
        print(f"epoch {epoch}: {finetuner.run_epoch(loader):.6f}")


if __name__ == "__main__":
    main()
