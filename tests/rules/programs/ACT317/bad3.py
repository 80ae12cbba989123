"""Transformer encoder block with functional dropout on the attention map."""
import math

import torch
from torch import nn
from torch.nn.functional import cross_entropy, dropout, gelu, softmax


class SelfAttention(nn.Module):
    def __init__(self, dim, heads, p_drop=0.1):
        super().__init__()
        self.heads = heads
        self.p_drop = p_drop
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)

    def _attend(self, query, key, value):
        scores = query @ key.transpose(-2, -1) / math.sqrt(query.size(-1))
        attention = dropout(softmax(scores, dim=-1), self.p_drop)  # expect: ACT317
        return attention @ value

    def forward(self, x):
        batch, length, dim = x.shape
        query, key, value = self.qkv(x).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = self._attend(query, key, value).transpose(1, 2).reshape(batch, length, dim)
        return self.out(mixed)


class Encoder(nn.Module):
    def __init__(self, vocab=40, dim=16, heads=2, classes=3):
        super().__init__()
        self.embed = nn.Embedding(vocab, dim)
        self.norm = nn.LayerNorm(dim)
        self.attention = SelfAttention(dim, heads)
        self.fc = nn.Linear(dim, classes)

    def forward(self, ids):
        x = self.embed(ids)
        x = x + self.attention(self.norm(x))
        return self.fc(gelu(x).mean(dim=1))


def main():
    torch.manual_seed(0)
    model = Encoder()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    ids, labels = torch.randint(0, 40, (32, 8)), torch.randint(0, 3, (32,))
    for _ in range(5):
        optimizer.zero_grad()
        loss = cross_entropy(model(ids), labels)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print("same output twice:", torch.equal(model(ids), model(ids)))


if __name__ == "__main__":
    main()
