"""Self-attention block: nn.Dropout is constructed and called inside forward()."""
import math

import torch
import torch.nn as nn
import torch.optim as optim


class Attention(nn.Module):
    def __init__(self, width, heads, p_drop):
        super().__init__()
        self.heads, self.size = heads, width // heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.p_drop = p_drop

    def forward(self, x):
        batch, length, width = x.shape
        q, k, v = self.qkv(x).view(batch, length, 3, self.heads, self.size).permute(2, 0, 3, 1, 4)
        weights = torch.softmax(q @ k.transpose(-2, -1) / math.sqrt(self.size), dim=-1)
        weights = nn.Dropout(p=self.p_drop)(weights)  # expect: ACT317
        mixed = (weights @ v).transpose(1, 2).reshape(batch, length, width)
        return self.out(mixed)


class Encoder(nn.Module):
    def __init__(self, vocabulary, width=16, depth=2, classes=2):
        super().__init__()
        self.embed = nn.Embedding(vocabulary, width)
        self.blocks = nn.ModuleList(Attention(width, heads=2, p_drop=0.2) for _ in range(depth))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(depth))
        self.classify = nn.Linear(width, classes)

    def forward(self, tokens):
        x = self.embed(tokens)
        for block, norm in zip(self.blocks, self.norms):
            x = norm(x + block(x))
        return self.classify(x.mean(dim=1))


torch.manual_seed(0)
model = Encoder(50)
optimizer = optim.Adam(model.parameters(), lr=1e-3)
criterion = nn.CrossEntropyLoss()
tokens, labels = torch.randint(0, 50, (32, 12)), torch.randint(0, 2, (32,))
for step in range(10):
    optimizer.zero_grad()
    loss = criterion(model(tokens), labels)
    loss.backward()
    optimizer.step()
model.eval()
print(loss.item(), model(tokens[:2]).detach())
