import torch
import torch.nn.functional as F
from torch import nn


class ActivationProbe:
    def __init__(self, model, kinds=(nn.ReLU,)):
        self.outputs = []
        self.handles = [
            module.register_forward_hook(self._capture) for module in model.modules() if isinstance(module, kinds)
        ]

    def _capture(self, module, args, output):
        self.outputs += [output]  # expect: ACT303

    def latest(self):
        return self.outputs[-len(self.handles) :]

    def remove(self):
        for handle in self.handles:
            handle.remove()


class Trainer:
    def __init__(self, model, lam=1e-3):
        self.model = model
        self.probe = ActivationProbe(model)
        self.lam = lam
        self.optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

    def step(self, x, y):
        logits = self.model(x)
        l1 = torch.stack([h.abs().mean() for h in self.probe.latest()]).mean()
        loss = F.cross_entropy(logits, y) + self.lam * l1
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return loss.detach()


net = nn.Sequential(nn.Linear(10, 20), nn.ReLU(), nn.Linear(20, 20), nn.ReLU(), nn.Linear(20, 3))
trainer = Trainer(net)
for i in range(10):
    value = trainer.step(torch.randn(8, 10), torch.randint(0, 3, (8,)))
    if i % 5 == 0:
        print(i, value.item(), len(trainer.probe.outputs))
trainer.probe.remove()
