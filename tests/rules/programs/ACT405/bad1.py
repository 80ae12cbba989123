"""Lightning module: the auxiliary loss of the deep head is computed and logged, the main loss is returned."""
import pytorch_lightning as pl
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset


class DeeplySupervised(pl.LightningModule):
    def __init__(self, width=12, hidden=24, classes=3, aux_weight=0.4, lr=1e-3):
        super().__init__()
        self.stage1 = nn.Sequential(nn.Linear(width, hidden), nn.ReLU())
        self.stage2 = nn.Sequential(nn.Linear(hidden, hidden), nn.ReLU())
        self.aux_head = nn.Linear(hidden, classes)
        self.head = nn.Linear(hidden, classes)
        self.aux_weight = aux_weight
        self.lr = lr

    def forward(self, x):
        early = self.stage1(x)
        return self.head(self.stage2(early)), self.aux_head(early)

    def training_step(self, batch, batch_idx):
        x, y = batch
        logits, aux_logits = self(x)
        main_loss = F.cross_entropy(logits, y)
        aux_loss = self.aux_weight * F.cross_entropy(aux_logits, y)  # expect: ACT405
        self.log("train/main_loss", main_loss, prog_bar=True)
        self.log("train/aux_loss", aux_loss)
        return main_loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        logits, _ = self(x)
        self.log("val/loss", F.cross_entropy(logits, y))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.lr)


if __name__ == "__main__":
    data = TensorDataset(torch.randn(96, 12), torch.randint(0, 3, (96,)))
    loader = DataLoader(data, batch_size=32)
    pl.Trainer(max_epochs=2).fit(DeeplySupervised(), loader, loader)
