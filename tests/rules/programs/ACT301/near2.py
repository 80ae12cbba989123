"""Two stores: the attached one is read by the loss, the detached one only by the logger."""
import torch
from torch import nn


class Recorder:
    def __init__(self, model, names):
        self.acts, self.log = {}, {}
        modules = dict(model.named_modules())
        self.handles = [modules[n].register_forward_hook(self.make_hook(n)) for n in names]

    def make_hook(self, name):
        def hook(module, inputs, output):
            self.acts[name] = output
            self.log[name] = output.detach().cpu()

        return hook

    def penalty(self):
        return torch.stack([a.abs().mean() for a in self.acts.values()]).mean()

    def summary(self):
        return {name: round(float((value > 0).float().mean()), 3) for name, value in self.log.items()}

    def remove(self):
        for handle in self.handles:
            handle.remove()


def main():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 12), nn.ReLU(), nn.Linear(12, 12), nn.ReLU(), nn.Linear(12, 1))
    recorder = Recorder(model, ["1", "3"])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    loss_fn = nn.MSELoss()
    for step in range(4):
        x = torch.randn(16, 6)
        loss = loss_fn(model(x), x[:, :1]) + 0.01 * recorder.penalty()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, loss.item(), recorder.summary())
    recorder.remove()


main()
