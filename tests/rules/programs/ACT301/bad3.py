import functools

import torch
from torch import nn, optim
import torch.nn.functional as F


class SparseClassifier(nn.Module):
    """Image classifier whose intermediate maps are pushed towards zero."""

    TAPS = ("stage1", "stage2")

    def __init__(self, classes=10, sparsity=0.1):
        super().__init__()
        self.sparsity = sparsity
        self.stage1 = nn.Sequential(nn.Conv2d(3, 16, 3, stride=2, padding=1), nn.SiLU())
        self.stage2 = nn.Sequential(nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.SiLU())
        self.classifier = nn.Linear(32, classes)
        self.captured = {}
        for name in self.TAPS:
            getattr(self, name).register_forward_hook(functools.partial(self._capture, name))

    def _capture(self, name, module, inputs, output):
        self.captured[name] = output.data

    def forward(self, x):
        x = self.stage2(self.stage1(x))
        return self.classifier(x.mean(dim=(2, 3)))

    def compute_loss(self, x, y):
        logits = self(x)
        ce = F.cross_entropy(logits, y)
        penalty = torch.stack([m.abs().mean() for m in self.captured.values()]).mean()  # expect: ACT301
        return ce + self.sparsity * penalty


def train(model, loader, epochs=2):
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    for epoch in range(epochs):
        seen, total = 0, 0.0
        for x, y in loader:
            optimizer.zero_grad(set_to_none=True)
            loss = model.compute_loss(x, y)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x)
            seen += len(x)
        print(f"epoch {epoch}  loss {total / seen:.4f}")


if __name__ == "__main__":
    torch.manual_seed(0)
    ds = torch.utils.data.TensorDataset(torch.randn(64, 3, 16, 16), torch.randint(0, 10, (64,)))
    train(SparseClassifier(), torch.utils.data.DataLoader(ds, batch_size=16))
