"""The loss of all time steps is summed up and differentiated after the loop (backpropagation through time)."""
import torch
from torch import nn


class CharRNN(nn.Module):
    def __init__(self, vocab=12, hidden=16):
        super().__init__()
        self.embed = nn.Embedding(vocab, hidden)
        self.cell = nn.GRUCell(hidden, hidden)
        self.decode = nn.Linear(hidden, vocab)

    def forward(self, token, state):
        state = self.cell(self.embed(token), state)
        return self.decode(state), state


def train_sequence(model, optimizer, criterion, sequence):
    state = torch.zeros(sequence.size(0), 16)
    loss = 0
    energies = []
    for t in range(sequence.size(1) - 1):
        logits, state = model(sequence[:, t], state)
        loss += criterion(logits, sequence[:, t + 1])
        energies.append(state.pow(2).mean())
    total = loss / (sequence.size(1) - 1) + 0.01 * torch.stack(energies).mean()
    optimizer.zero_grad()
    total.backward()
    optimizer.step()
    return total.item()


def main():
    torch.manual_seed(0)
    model = CharRNN()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    criterion = nn.CrossEntropyLoss()
    running = 0.0
    for step in range(4):
        running += train_sequence(model, optimizer, criterion, torch.randint(0, 12, (4, 9)))
    print(running / 4)


main()
