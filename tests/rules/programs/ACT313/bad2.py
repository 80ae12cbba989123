"""Recurrent stack: cells are made by a helper method and kept in a list built with a comprehension."""
import torch
from torch import nn


class StackedGRU(nn.Module):
    def __init__(self, width, hidden, depth, dropout=0.1):
        super(StackedGRU, self).__init__()
        self.hidden_size = hidden
        self.drop = nn.Dropout(dropout)
        self.cells = [self._make_cell(width if i == 0 else hidden) for i in range(depth)]  # expect: ACT313
        self.readout = nn.Linear(hidden, 1)

    def _make_cell(self, width):
        return nn.GRUCell(width, self.hidden_size)

    def forward(self, sequence):
        states = [sequence.new_zeros(sequence.size(0), self.hidden_size) for _ in self.cells]
        for x in sequence.unbind(dim=1):
            for i, cell in enumerate(self.cells):
                states[i] = cell(x, states[i])
                x = self.drop(states[i])
        return self.readout(states[-1])


def main():
    torch.manual_seed(0)
    model = StackedGRU(width=3, hidden=16, depth=2)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
    criterion = nn.MSELoss()
    series = torch.randn(32, 10, 3)
    wanted = series.sum(dim=(1, 2)).unsqueeze(1)
    for step in range(10):
        optimizer.zero_grad()
        loss = criterion(model(series), wanted)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    print(f"loss {loss.item():.3f}")


if __name__ == "__main__":
    main()
