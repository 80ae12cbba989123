import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

np.random.seed(1)
IMAGES = np.random.rand(24, 8, 8, 1).astype("float32")
LABELS = np.random.randint(0, 3, size=24)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 4, 3, padding=1)
        self.second = nn.Conv2d(4, 4, 3, padding=1)
        self.code = nn.Linear(64, 6)
        self.logits = nn.Linear(6, 3)
        self.decoded = nn.Linear(6, 64)
        for layer in (self.first, self.second):
            nn.init.trunc_normal_(layer.weight, std=0.3, a=-0.6, b=0.6)
            nn.init.zeros_(layer.bias)
        for layer in (self.code, self.logits, self.decoded):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, images, keep):
        maps = F.relu(self.second(F.relu(self.first(images.permute(0, 3, 1, 2)))))
        flat = F.max_pool2d(maps, 2).permute(0, 2, 3, 1).reshape(-1, 64)
        code = F.dropout(torch.tanh(self.code(flat)), 1 - keep, training=keep < 1)
        return maps, self.logits(code), torch.sigmoid(self.decoded(code))


class Trainer:
    def __init__(self):
        self.net = Model()
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=0.1, momentum=0.9)
        self.steps = 0

    def update(self, batch):
        images, labels = batch
        maps, logits, flat = self.net(images, 0.75)
        entropy = F.cross_entropy(logits, labels)
        rebuilt = F.mse_loss(flat, images.reshape(-1, 64))
        self.optimizer.zero_grad()
        (entropy + 0.5 * rebuilt + 0.01 * maps.square().mean()).backward()
        self.optimizer.param_groups[0]["lr"] = 0.1 * 0.8 ** (self.steps // 3)
        self.optimizer.step()
        self.steps += 1
        return {"reconstruction": rebuilt.item(), "entropy": entropy.item()}

    @torch.no_grad()
    def accuracy(self, images, labels):
        return (self.net(images, 1.0)[1].argmax(1) == labels).float().mean().item()


if __name__ == "__main__":
    trainer = Trainer()
    images, labels = torch.from_numpy(IMAGES), torch.from_numpy(LABELS)
    for step in range(30):
        at = step % 3 * 8
        values = trainer.update((images[at : at + 8], labels[at : at + 8]))
        if step % 10 == 0:
            print(step, values)
            print(trainer.accuracy(images, labels))
