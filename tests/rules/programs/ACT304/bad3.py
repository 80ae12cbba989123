"""Activation-regularised MLP; the capture is a class, the trainer another."""
import torch
from torch import nn, optim


class Mlp(nn.Module):
    def __init__(self, n_in, width, classes):
        super().__init__()
        self.fc1 = nn.Linear(n_in, width)
        self.act1 = nn.ReLU()
        self.fc2 = nn.Linear(width, classes)

    def forward(self, x):
        return self.fc2(self.act1(self.fc1(x)))


class Capture:
    def __init__(self, module):
        self.output = None
        self.handle = module.register_forward_hook(self._hook)

    def _hook(self, module, args, output):
        self.output = output

    def close(self):
        self.handle.remove()


class Trainer:
    def __init__(self, net, lam=1e-2):
        self.net = net
        self.lam = lam
        self.logit_capture = Capture(self.net)
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = optim.Adam(self.net.parameters(), lr=1e-2)

    def warm_up(self, x):
        with torch.no_grad():
            self.net(x)

    def training_step(self, x, y):
        logits = self.net.forward(x)  # expect: ACT304
        loss = self.criterion(logits, y)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item(), self.logit_capture.output.abs().mean().item()


def main():
    torch.manual_seed(0)
    x, y = torch.randn(64, 5), torch.randint(0, 3, (64,))
    trainer = Trainer(Mlp(5, 16, 3))
    trainer.warm_up(x)
    for epoch in range(3):
        loss, magnitude = trainer.training_step(x, y)
        print(f"{epoch} loss {loss:.3f} logit magnitude {magnitude:.3f}")
    trainer.logit_capture.close()


if __name__ == "__main__":
    main()
