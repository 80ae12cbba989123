import numpy as np
import torch
from torch import nn

np.random.seed(0)
X = np.random.rand(60, 5).astype("float32")
Y = (np.sin(X[:, :2]) + 0.1 * X[:, 3:]).astype("float32")


class Regressor(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
        for layer in self.layers:
            nn.init.normal_(layer.weight, std=0.3)
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        hidden = []
        for layer in self.layers[:-1]:
            x = torch.sigmoid(layer(x))
            hidden.append(x)
        return self.layers[-1](x), hidden


class Trainer:
    def __init__(self, model, penalty):
        self.model = model
        self.penalty = penalty
        self.optimizer = torch.optim.Adam(model.parameters())
        self.steps = 0

    def step(self, x, y, rate):
        self.steps += 1
        for group in self.optimizer.param_groups:
            group["lr"] = rate
            # TensorFlow adds epsilon before it corrects the bias.
            group["eps"] = 1e-8 / (1 - group["betas"][1] ** self.steps) ** 0.5
        out, hidden = self.model(x)
        fit = (out - y).square().mean()
        penalty = self.penalty * sum(h.abs().mean() for h in hidden)
        self.optimizer.zero_grad()
        (fit + penalty).backward()
        self.optimizer.step()
        return fit.item(), penalty.item()

    @torch.no_grad()
    def predict(self, x):
        return self.model(x)[0].numpy()


def main():
    trainer = Trainer(Regressor([5, 6, 6, 2]), 0.01)
    rate = 0.05
    for epoch in range(8):
        for at in range(0, 60, 20):
            fit, penalty = trainer.step(torch.from_numpy(X[at : at + 20]), torch.from_numpy(Y[at : at + 20]), rate)
        rate *= 0.9
        print(epoch, fit, penalty)
    print(np.abs(trainer.predict(torch.from_numpy(X)) - Y).mean())


if __name__ == "__main__":
    main()
