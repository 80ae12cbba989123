import torch
import torch.nn.functional as F
from torch import nn


def hidden_features(net, layer, x):
    """Returns the network's output and the output of one of its layers."""
    kept = {}

    def grab(module, args, out):
        kept["out"] = out

    layer.register_forward_hook(grab)  # expect: ACT302
    logits = net(x)
    return logits, kept["out"]


def build():
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, 3),
    )


def train_epoch(net, loader, optimizer):
    for images, labels in loader:
        logits, features = hidden_features(net, net[1], images)
        loss = F.cross_entropy(logits, labels) + 0.01 * features.mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


if __name__ == "__main__":
    torch.manual_seed(0)
    net = build()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    loader = [(torch.randn(4, 1, 8, 8), torch.randint(0, 3, (4,))) for _ in range(5)]
    for epoch in range(2):
        print(epoch, train_epoch(net, loader, optimizer))
    print("hooks on the layer:", len(net[1]._forward_hooks))
