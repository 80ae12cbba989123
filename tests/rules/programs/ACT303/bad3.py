"""Attention distillation: recorder objects are used as hooks."""
import torch
from torch import nn
import torch.nn.functional as F


class SelfAttention(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.qkv = nn.Linear(dim, 3 * dim)
        self.scores = nn.Softmax(dim=-1)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x):
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        attn = self.scores(q @ k.transpose(1, 2) / q.shape[-1] ** 0.5)
        return x + self.proj(attn @ v)


class MapRecorder:
    def __init__(self):
        self.maps = []

    def __call__(self, module, inputs, output):
        self.maps.append(output)  # expect: ACT303

    def entropy(self):
        p = self.maps[-1].clamp_min(1e-8)
        return -(p * p.log()).sum(dim=-1).mean()


class Tagger(nn.Module):
    def __init__(self, vocab=100, dim=32, tags=5):
        super().__init__()
        self.embed = nn.Embedding(vocab, dim)
        self.attn = SelfAttention(dim)
        self.out = nn.Linear(dim, tags)

    def forward(self, ids):
        return self.out(self.attn(self.embed(ids)))


def main(steps=20):
    torch.manual_seed(0)
    model = Tagger()
    recorder = MapRecorder()
    model.attn.scores.register_forward_hook(recorder)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for step in range(steps):
        ids = torch.randint(0, 100, (8, 12))
        tags = ids % 5
        logits = model(ids)
        loss = F.cross_entropy(logits.flatten(0, 1), tags.flatten()) + 0.01 * recorder.entropy()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print("loss", loss.item(), "maps held", len(recorder.maps))


if __name__ == "__main__":
    main()
