from itertools import chain

import torch
import torch.nn.functional as F
from torch import inference_mode, nn

text_net = nn.Sequential(nn.Linear(30, 16), nn.Tanh())
image_net = nn.Sequential(nn.Linear(50, 16), nn.Tanh())
fusion = nn.Linear(16, 5)
optimizer = torch.optim.AdamW(
    chain(text_net.parameters(), image_net.parameters(), fusion.parameters()), lr=1e-3
)


def encode(batch):
    views = {}
    views["text"] = text_net(batch["text"])
    with inference_mode():
        views["image"] = image_net(batch["image"])  # expect: ACT306
    return views


def redundancy(view):
    centred = view - view.mean(dim=0)
    covariance = centred.T @ centred / len(view)
    return (covariance - torch.diag(torch.diagonal(covariance))).pow(2).mean()


def loss_function(batch):
    views = encode(batch)
    logits = fusion(views["text"])
    return F.cross_entropy(logits, batch["label"]) + 0.5 * redundancy(views["image"])


torch.manual_seed(0)
for step in range(4):
    batch = {
        "text": torch.randn(12, 30),
        "image": torch.randn(12, 50),
        "label": torch.randint(0, 5, (12,)),
    }
    optimizer.zero_grad()
    loss = loss_function(batch)
    loss.backward()
    optimizer.step()
    print(step, loss.item())
