"""Lightning multi-label tagger: a method turns logits into probabilities, the loss applies the sigmoid again."""
import pytorch_lightning as pl
import torch
from torch.nn import Linear, Module, ReLU, Sequential
from torch.nn.functional import binary_cross_entropy_with_logits as bce_logits
from torch.utils.data import DataLoader, TensorDataset


class Backbone(Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.body = Sequential(Linear(width, hidden), ReLU(), Linear(hidden, hidden), ReLU())

    def forward(self, x):
        return self.body(x)


class Tagger(pl.LightningModule):
    def __init__(self, width=20, hidden=32, tags=5, lr=1e-3):
        super().__init__()
        self.backbone = Backbone(width, hidden)
        self.tags = Linear(hidden, tags)
        self.lr = lr

    def _scores(self, x):
        hidden = self.backbone(x)
        return {"hidden": hidden, "probs": torch.sigmoid(self.tags(hidden))}

    def training_step(self, batch, batch_idx):
        x, y = batch
        out = self._scores(x)
        loss = bce_logits(out["probs"], y)  # expect: ACT312
        self.log("train_loss", loss)
        return loss

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.lr)


if __name__ == "__main__":
    pl.seed_everything(1)
    dataset = TensorDataset(torch.randn(64, 20), torch.randint(0, 2, (64, 5)).float())
    trainer = pl.Trainer(max_epochs=2)
    trainer.fit(Tagger(), DataLoader(dataset, batch_size=16))
