import torch
import torch.nn.functional as F
from torch import nn


class HookedStack(nn.Module):
    """Runs its layers one after the other; hooks keep what each of them puts out."""

    def __init__(self, sizes):
        super().__init__()
        self.layers = nn.ModuleList()
        for n_in, n_out in zip(sizes, sizes[1:]):
            self.layers.append(nn.Sequential(nn.Linear(n_in, n_out), nn.Tanh()))
        self.taps = {}
        self.handles = []
        for i, layer in enumerate(self.layers):
            self.handles.append(layer.register_forward_hook(self._tap(f"layer{i}")))

    def _tap(self, name):
        def hook(module, inputs, output):
            self.taps[name] = output

        return hook

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)  # expect: ACT304
        return x

    def remove_hooks(self):
        for handle in self.handles:
            handle.remove()


def activity(stack):
    terms = [tap.pow(2).mean() for tap in stack.taps.values()]
    return torch.stack(terms).mean() if terms else torch.zeros(())


if __name__ == "__main__":
    stack = HookedStack([6, 12, 4])
    sgd = torch.optim.SGD(stack.parameters(), lr=0.1)
    for _ in range(4):
        x = torch.randn(8, 6)
        loss = F.mse_loss(stack(x), x[:, :4]) + 0.01 * activity(stack)
        sgd.zero_grad()
        loss.backward()
        sgd.step()
        print(loss.item(), sorted(stack.taps))
    stack.remove_hooks()
