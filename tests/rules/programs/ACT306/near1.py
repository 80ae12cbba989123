"""BYOL: the target network is an average of the online one and gives constants on purpose."""
import copy

import torch
import torch.nn as nn
import torch.nn.functional as F


class BYOL(nn.Module):
    def __init__(self, dim=10, width=16):
        super().__init__()
        self.online = nn.Sequential(nn.Linear(dim, width), nn.ReLU(), nn.Linear(width, width))
        self.predictor = nn.Linear(width, width)
        self.target = copy.deepcopy(self.online)
        self.target.requires_grad_(False)

    def forward(self, view1, view2):
        prediction = self.predictor(self.online(view1))
        with torch.no_grad():
            projection = self.target(view2)
        return 2 - 2 * F.cosine_similarity(prediction, projection, dim=-1).mean()

    @torch.no_grad()
    def update_target(self, tau=0.99):
        for slow, fast in zip(self.target.parameters(), self.online.parameters()):
            slow.lerp_(fast, 1 - tau)


def noise(x):
    return x + 0.1 * torch.randn_like(x)


if __name__ == "__main__":
    torch.manual_seed(0)
    byol = BYOL()
    trainable = [p for p in byol.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(trainable, lr=1e-3)
    for step in range(4):
        x = torch.randn(16, 10)
        loss = 0.5 * (byol(noise(x), noise(x)) + byol(noise(x), noise(x)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        byol.update_target()
        with torch.no_grad():
            spread = byol.online(x).std(dim=0).mean()
        print(step, loss.item(), spread.item())
