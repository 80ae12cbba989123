"""Two forwards per step that are meant: SimCSE views, Siamese pairs, a no-grad probe, an EMA teacher."""
import copy

import torch
from torch import nn
import torch.nn.functional as F


class Encoder(nn.Module):
    def __init__(self, vocab=500, dim=64):
        super().__init__()
        self.emb = nn.EmbeddingBag(vocab, dim)
        self.body = nn.Sequential(nn.Dropout(0.1), nn.Linear(dim, dim), nn.GELU(), nn.Dropout(0.1))
        self.head = nn.Linear(dim, dim)

    def features(self, ids):
        return self.body(self.emb(ids))

    def forward(self, ids):
        return self.head(self.features(ids))


def simcse_step(encoder, ids, temperature=0.05):
    # the same batch twice: the two dropout masks are the augmentation
    view1 = F.normalize(encoder(ids), dim=-1)
    view2 = F.normalize(encoder(ids), dim=-1)
    sim = view1 @ view2.t() / temperature
    return F.cross_entropy(sim, torch.arange(len(ids)))


def siamese_step(encoder, left, right, same):
    a, b = encoder(left), encoder(right)
    return F.cosine_embedding_loss(a, b, same)


def distill_step(encoder, teacher, ids):
    out = encoder(ids)
    with torch.no_grad():
        target = teacher(ids)
        probe = encoder.features(ids).norm(dim=-1).mean()      # only logged
    return F.mse_loss(out, target), probe


@torch.no_grad()
def update_ema(teacher, model, decay=0.99):
    for t, p in zip(teacher.parameters(), model.parameters()):
        t.mul_(decay).add_(p, alpha=1 - decay)


def main():
    torch.manual_seed(0)
    encoder = Encoder()
    teacher = copy.deepcopy(encoder).requires_grad_(False).eval()
    optimizer = torch.optim.AdamW(encoder.parameters(), lr=1e-3)
    for step in range(5):
        ids, other = torch.randint(0, 500, (16, 12)), torch.randint(0, 500, (16, 12))
        same = torch.randint(0, 2, (16,)).float() * 2 - 1
        kd, probe = distill_step(encoder, teacher, ids)
        loss = simcse_step(encoder, ids) + siamese_step(encoder, ids, other, same) + kd
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        update_ema(teacher, encoder)
        print(step, loss.item(), probe.item())


if __name__ == "__main__":
    main()
