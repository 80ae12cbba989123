import lightning as L
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class LitClassifier(L.LightningModule):
    def __init__(self, dim=12, hidden=24, classes=4, sparsity=0.02):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(dim, hidden), nn.ReLU())
        self.head = nn.Linear(hidden, classes)
        self.criterion = nn.CrossEntropyLoss()
        self.sparsity = sparsity
        self.captured = {}

    def _keep(self, module, inputs, output):
        self.captured["encoder"] = output

    def forward(self, x):
        return self.head(self.encoder(x))

    def training_step(self, batch, batch_idx):
        x, y = batch
        self.encoder.register_forward_hook(self._keep)  # expect: ACT302
        loss = self.criterion(self(x), y)
        penalty = self.captured["encoder"].abs().mean()
        self.log("penalty", penalty)
        return loss + self.sparsity * penalty

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=1e-3)


def main():
    data = TensorDataset(torch.randn(64, 12), torch.randint(0, 4, (64,)))
    trainer = L.Trainer(max_epochs=2, logger=False, enable_checkpointing=False)
    trainer.fit(LitClassifier(), DataLoader(data, batch_size=16, shuffle=True))


if __name__ == "__main__":
    main()
