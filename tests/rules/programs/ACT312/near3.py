import torch
from torch import nn
import torch.nn.functional as F


class Attention(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.score = nn.Linear(dim, 1)
        self.gate = nn.Sequential(nn.Linear(dim, dim), nn.Sigmoid())

    def forward(self, tokens):
        weights = F.softmax(self.score(tokens), dim=1)       # inside the net, not its output
        pooled = (weights * tokens).sum(dim=1)
        return pooled * self.gate(pooled)


class Model(nn.Module):
    def __init__(self, vocab=80, dim=24, classes=4):
        super().__init__()
        self.embed = nn.Embedding(vocab, dim)
        self.pool = Attention(dim)
        self.topic = nn.Linear(dim, classes)
        self.lang = nn.Sequential(nn.Linear(dim, 3), nn.LogSoftmax(dim=1))
        self.spam = nn.Sequential(nn.Linear(dim, 1), nn.Sigmoid())
        self.tox = nn.Linear(dim, 1)

    def forward(self, ids):
        h = self.pool(self.embed(ids))
        return {"topic": self.topic(h), "lang": self.lang(h), "spam": self.spam(h), "tox": self.tox(h)}


def main():
    torch.manual_seed(0)
    model, teacher = Model(), Model().eval()
    nll, bce, bce_logits, ce = nn.NLLLoss(), nn.BCELoss(), nn.BCEWithLogitsLoss(), nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for step in range(5):
        ids = torch.randint(0, 80, (32, 10))
        topic, lang = ids[:, 0] % 4, ids[:, 1] % 3
        spam, tox = (ids[:, 2] % 2).float(), (ids[:, 3] % 2).float()
        with torch.no_grad():
            soft = torch.softmax(teacher(ids)["topic"] / 2.0, dim=-1)
        out = model(ids)
        loss = (
            ce(out["topic"], topic)
            + nll(out["lang"], lang)                        # log_softmax + NLL
            + bce(out["spam"].squeeze(1), spam)             # sigmoid + plain BCE
            + bce_logits(out["tox"].squeeze(1), tox)
            + F.cross_entropy(out["topic"], soft)           # soft *target*
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        probs = out["topic"].detach().softmax(dim=-1)       # for the metric
        acc = (probs.argmax(-1) == topic).float().mean()
        flagged = (torch.sigmoid(out["tox"]) > 0.5).sum()
        print(step, loss.item(), acc.item(), probs.max().item(), flagged.item())


if __name__ == "__main__":
    main()
