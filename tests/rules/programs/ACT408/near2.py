"""Comparisons and argmax that are masks, labels or metrics: the attached value is what they multiply or select."""
import torch
import torch.nn.functional as F
from torch import nn

PAD = 0


class Tagger(nn.Module):
    def __init__(self, vocabulary, tags, hidden=16):
        super().__init__()
        self.embed = nn.Embedding(vocabulary, hidden, padding_idx=PAD)
        self.rnn = nn.GRU(hidden, hidden, batch_first=True)
        self.out = nn.Linear(hidden, tags)

    def forward(self, tokens):
        hidden, _ = self.rnn(self.embed(tokens))
        return hidden, self.out(hidden)


def masked_cross_entropy(logits, tags, tokens):
    mask = (tokens != PAD).float()
    per_token = F.cross_entropy(logits.transpose(1, 2), tags, reduction="none")
    return (per_token * mask).sum() / mask.sum()


def large_activations(hidden, threshold=0.5):
    above = (hidden.abs() > threshold).float()
    return (above * hidden.abs()).mean()


def pseudo_label(logits, confidence=0.4):
    probs = logits.softmax(dim=-1)
    labels = probs.argmax(dim=-1)
    keep = (probs.max(dim=-1).values > confidence).float().detach()
    return (F.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none") * keep.flatten()).mean()


torch.manual_seed(0)
model = Tagger(30, 5)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
tokens, tags = torch.randint(0, 30, (24, 9)), torch.randint(0, 5, (24, 9))
for _ in range(10):
    hidden, logits = model(tokens)
    loss = masked_cross_entropy(logits, tags, tokens)
    loss = loss + 0.01 * large_activations(hidden) + 0.05 * pseudo_label(logits)
    accuracy = (logits.argmax(dim=-1) == tags).float().mean().item()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss.item(), accuracy)
