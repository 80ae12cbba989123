"""Training loop with a dictionary of running totals per loss component."""
from collections import defaultdict

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class MultiTask(nn.Module):
    def __init__(self, n_in=12, width=32, classes=4):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(n_in, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU())
        self.label_head = nn.Linear(width, classes)
        self.score_head = nn.Linear(width, 1)

    def forward(self, x):
        h = self.trunk(x)
        return self.label_head(h), self.score_head(h).squeeze(1)


def run_epoch(model, loader, optimizer):
    running = defaultdict(float)
    for x, labels, scores in loader:
        logits, predicted = model(x)
        objective = F.cross_entropy(logits, labels) + 0.5 * F.mse_loss(predicted, scores)
        optimizer.zero_grad()
        objective.backward()
        optimizer.step()
        running["objective"] += objective  # expect: ACT310
        running["correct"] += (logits.argmax(dim=1) == labels).sum().item()
        running["seen"] += len(x)
    return {
        "objective": running["objective"] / len(loader),
        "accuracy": running["correct"] / running["seen"],
    }


def main(epochs=3):
    torch.manual_seed(0)
    x = torch.randn(96, 12)
    data = TensorDataset(x, torch.randint(0, 4, (96,)), x.sum(dim=1))
    loader = DataLoader(data, batch_size=16, shuffle=True)
    model = MultiTask()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    history = []
    for epoch in range(epochs):
        stats = run_epoch(model, loader, optimizer)
        history.append(stats["accuracy"])
        print(f"epoch {epoch}: objective {stats['objective']:.3f} accuracy {stats['accuracy']:.2f}")
    print("best", max(history))


if __name__ == "__main__":
    main()
