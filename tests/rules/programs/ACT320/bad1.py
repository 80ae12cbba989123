"""Sparsity penalty on 'the hidden activation' of an MLP that shares one activation module."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class SharedActivationMlp(nn.Module):
    def __init__(self, sizes, classes):
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Linear(n_in, n_out) for n_in, n_out in zip(sizes[:-1], sizes[1:])
        )
        self.nonlin = nn.ReLU()
        self.head = nn.Linear(sizes[-1], classes)

    def forward(self, x):
        for layer in self.layers:
            x = self.nonlin(layer(x))
        return self.head(x)


class ActivationRecorder:
    def __init__(self):
        self.values = {}
        self.handles = []

    def _make_hook(self, name):
        def hook(module, args, output):
            self.values[name] = output

        return hook

    def watch_hidden(self, model):
        self.handles.append(model.nonlin.register_forward_hook(self._make_hook("hidden")))  # expect: ACT320

    def __getitem__(self, name):
        return self.values[name]

    def close(self):
        for handle in self.handles:
            handle.remove()


def main():
    torch.manual_seed(0)
    model = SharedActivationMlp([8, 32, 32, 32], classes=4)
    recorder = ActivationRecorder()
    recorder.watch_hidden(model)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for step in range(10):
        x, y = torch.randn(32, 8), torch.randint(0, 4, (32,))
        optimizer.zero_grad()
        logits = model(x)
        sparsity = recorder["hidden"].abs().mean()
        loss = F.cross_entropy(logits, y) + 0.05 * sparsity
        loss.backward()
        optimizer.step()
    model(x)
    recorder.close()
    first = torch.relu(model.layers[0](x))
    print("first hidden layer recorded:", torch.equal(first, recorder["hidden"]))


if __name__ == "__main__":
    main()
