import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, n_in=8, n_hidden=32, n_out=3):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(n_in, n_hidden), nn.ReLU())
        self.decoder = nn.Linear(n_hidden, n_out)

    def forward(self, x):
        return self.decoder(self.encoder(x))

    @torch.no_grad()
    def code_size(self, x):
        code = self.encoder(x)  # expect: ACT306
        return code.abs().mean()


class Trainer:
    def __init__(self, model, lam=0.1):
        self.model = model
        self.lam = lam
        self.loss_fn = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def train_step(self, labelled, unlabelled):
        x, y = labelled
        loss = self.loss_fn(self.model(x), y)
        loss = loss + self.lam * self.model.code_size(unlabelled)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()


def main():
    torch.manual_seed(0)
    trainer = Trainer(Model())
    for step in range(5):
        labelled = torch.randn(16, 8), torch.randint(0, 3, (16,))
        print(step, trainer.train_step(labelled, torch.randn(64, 8)))


main()
