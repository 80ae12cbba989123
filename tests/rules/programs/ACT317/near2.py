"""Dropout modules made in __init__ (directly, in a Sequential, by a helper) and a functional one behind a guard."""
import torch
from torch import nn
from torch.nn import functional as F


def dropout_layer(p):
    return nn.Dropout(p) if p > 0 else nn.Identity()


class Block(nn.Module):
    def __init__(self, width, p):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Dropout(p), nn.Linear(width, width))
        self.drop = dropout_layer(p)

    def forward(self, x):
        return x + self.drop(self.body(x))


class WordDropout(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, x):
        if self.training:
            x = F.dropout(x, self.p)
        return x


class TextNet(nn.Module):
    def __init__(self, vocabulary, width=16, depth=2, p=0.2):
        super().__init__()
        self.embed = nn.Embedding(vocabulary, width)
        self.word_dropout = WordDropout(p)
        self.blocks = nn.Sequential(*[Block(width, p) for _ in range(depth)])
        self.head = nn.Linear(width, 2)

    def forward(self, tokens):
        return self.head(self.blocks(self.word_dropout(self.embed(tokens))).mean(dim=1))


torch.manual_seed(0)
net = TextNet(30)
optimizer = torch.optim.Adam(net.parameters())
tokens, labels = torch.randint(0, 30, (64, 9)), torch.randint(0, 2, (64,))
for _ in range(10):
    optimizer.zero_grad()
    loss = F.cross_entropy(net(tokens), labels)
    loss.backward()
    optimizer.step()
net.eval()
print(loss.item(), torch.equal(net(tokens), net(tokens)))
