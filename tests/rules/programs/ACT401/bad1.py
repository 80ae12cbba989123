"""Sparse autoencoder whose forward() returns the code; the step sums it over batch and width."""
import torch
from torch import nn
from torch.optim import Adam
from torch.utils.data import DataLoader, TensorDataset


class SparseAutoencoder(nn.Module):
    def __init__(self, width, features):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(width, features), nn.ReLU())
        self.decoder = nn.Linear(features, width)

    def forward(self, x):
        code = self.encoder(x)
        return self.decoder(code), code


class Trainer:
    def __init__(self, model, l1_coefficient=3e-4, lr=1e-3):
        self.model = model
        self.l1_coefficient = l1_coefficient
        self.criterion = nn.MSELoss()
        self.optimizer = Adam(model.parameters(), lr=lr)

    def step(self, batch):
        recon, code = self.model(batch)
        l1 = code.abs().sum()  # expect: ACT401
        loss = self.criterion(recon, batch) + self.l1_coefficient * l1
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return {"loss": loss.item(), "l1": l1.item()}


def main():
    torch.manual_seed(0)
    loader = DataLoader(TensorDataset(torch.randn(256, 24)), batch_size=64, shuffle=True)
    trainer = Trainer(SparseAutoencoder(24, 96))
    for epoch in range(3):
        for (batch,) in loader:
            report = trainer.step(batch)
        print(epoch, report)


if __name__ == "__main__":
    main()
