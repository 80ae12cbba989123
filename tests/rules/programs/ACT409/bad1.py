"""Hyperspherical text encoder: the length of the embedding is kept near one."""
import torch
from torch import nn
import torch.nn.functional as F


class Encoder(nn.Module):
    def __init__(self, vocab=300, dim=48, out=24):
        super().__init__()
        self.embedding = nn.Embedding(vocab, dim, padding_idx=0)
        self.mix = nn.Linear(dim, dim, bias=False)
        self.out = nn.Linear(dim, out, bias=False)

    def forward(self, ids):
        tokens = self.embedding(ids)
        hidden = torch.tanh(self.mix(tokens))
        return self.out(hidden), hidden


class Objective:
    def __init__(self, encoder, weight=0.1):
        self.encoder = encoder
        self.weight = weight

    def __call__(self, ids, targets):
        z, hidden = self.encoder(ids)
        fit = F.mse_loss(z.mean(dim=1), targets)
        lengths = hidden.pow(2).sum(dim=-1).sqrt()  # expect: ACT409
        return fit + self.weight * (lengths - 1.0).abs().mean()


def pad(batch, length):
    out = torch.zeros(len(batch), length, dtype=torch.long)
    for row, ids in enumerate(batch):
        out[row, :len(ids)] = torch.as_tensor(ids)
    return out


def main():
    torch.manual_seed(0)
    encoder = Encoder()
    objective = Objective(encoder)
    optimizer = torch.optim.Adam(encoder.parameters(), lr=1e-3)
    sentences = [torch.randint(1, 300, (n,)).tolist() for n in (3, 7, 5, 9)]
    ids = pad(sentences, length=10)
    targets = torch.randn(4, 24)
    for step in range(3):
        loss = objective(ids, targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, loss.item(), bool(torch.isfinite(encoder.mix.weight).all()))


if __name__ == "__main__":
    main()
