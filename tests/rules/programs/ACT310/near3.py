"""Sums of losses that are differentiated after the loop, or hold no graph."""
import torch
import torch.nn.functional as F
from torch import nn


class CharRnn(nn.Module):
    def __init__(self, vocab=12, width=16):
        super().__init__()
        self.embed = nn.Embedding(vocab, width)
        self.cell = nn.GRUCell(width, width)
        self.out = nn.Linear(width, vocab)

    def forward(self, token, state):
        state = self.cell(self.embed(token), state)
        return self.out(state), state


def sequence_loss(model, tokens):
    state = torch.zeros(tokens.size(0), 16)
    loss = 0.0
    for t in range(tokens.size(1) - 1):
        logits, state = model(tokens[:, t], state)
        loss += F.cross_entropy(logits, tokens[:, t + 1])
    return loss / (tokens.size(1) - 1)


@torch.no_grad()
def validate(model, batches):
    total = 0.0
    for tokens in batches:
        total += sequence_loss(model, tokens)
    return total / len(batches)


def meta_step(model, optimizer, batches):
    task_losses = []
    for tokens in batches:
        task_losses.append(sequence_loss(model, tokens))
    optimizer.zero_grad()
    torch.stack(task_losses).mean().backward()
    optimizer.step()
    return [value.item() for value in task_losses]


def train_epoch(model, optimizer, batches):
    shown = torch.zeros(())
    peaks = []
    for tokens in batches:
        optimizer.zero_grad()
        loss = sequence_loss(model, tokens)
        loss.backward()
        optimizer.step()
        shown += loss.detach()
        peaks.append(float(loss))
    return (shown / len(batches)).item(), max(peaks)


torch.manual_seed(0)
net = CharRnn()
sgd = torch.optim.SGD(net.parameters(), lr=0.1)
data = list(torch.randint(0, 12, (4, 8, 9)))
for epoch in range(2):
    print(epoch, train_epoch(net, sgd, data), meta_step(net, sgd, data[:2]), float(validate(net, data)))
