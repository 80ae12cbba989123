"""Feature distillation as a Lightning module: configure_optimizers forgets the adapter."""
import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class MLP(nn.Module):
    def __init__(self, width, hidden, classes):
        super().__init__()
        self.features = nn.Sequential(nn.Linear(width, hidden), nn.ReLU())
        self.classifier = nn.Linear(hidden, classes)

    def forward(self, x):
        h = self.features(x)
        return h, self.classifier(h)


class Distiller(pl.LightningModule):
    def __init__(self, width=16, classes=4, weight=0.5):
        super().__init__()
        self.student = MLP(width, 16, classes)
        self.teacher = MLP(width, 64, classes)
        self.teacher.requires_grad_(False)
        self.adapter = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 64))
        self.weight = weight

    def training_step(self, batch, batch_idx):
        x, y = batch
        hidden, logits = self.student(x)
        self.teacher.eval()
        with torch.no_grad():
            wanted, _ = self.teacher(x)
        hint = F.mse_loss(self.adapter(hidden), wanted)
        loss = F.cross_entropy(logits, y) + self.weight * hint
        self.log("hint", hint)
        return loss

    def configure_optimizers(self):
        return torch.optim.AdamW(self.student.parameters(), lr=1e-3)  # expect: ACT314


if __name__ == "__main__":
    data = TensorDataset(torch.randn(64, 16), torch.randint(0, 4, (64,)))
    pl.Trainer(max_epochs=2).fit(Distiller(), DataLoader(data, batch_size=16))
