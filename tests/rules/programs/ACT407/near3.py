"""Matching losses whose two sides look alike but are different values."""
import torch
import torch.nn.functional as F
from torch import nn


class Siamese(nn.Module):
    def __init__(self, n_in=8, dim=16, classes=4):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(n_in, 32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, dim))
        self.predictor = nn.Linear(dim, dim)
        self.classifier = nn.Linear(dim, classes)

    def logits(self, x):
        return self.classifier(self.encoder(x))


def simsiam(net, a, b):
    za, zb = net.encoder(a), net.encoder(b)
    pa, pb = net.predictor(za), net.predictor(zb)
    return -0.5 * (F.cosine_similarity(pa, zb.detach()).mean() + F.cosine_similarity(pb, za.detach()).mean())


def two_views_in_one_pass(net, a, b):
    first, second = net.encoder(torch.cat([a, b])).chunk(2)
    return F.mse_loss(first, second)


def r_drop(net, x):
    one = F.log_softmax(net.logits(x), dim=1)
    two = F.log_softmax(net.logits(x), dim=1)
    forward = F.kl_div(one, two, reduction="batchmean", log_target=True)
    backward = F.kl_div(two, one, reduction="batchmean", log_target=True)
    return 0.5 * (forward + backward)


def entropy(net, x):
    scores = net.logits(x)
    return F.cross_entropy(scores, scores.softmax(dim=1))


def slowness(net, sequence):
    codes = net.encoder(sequence)
    return F.mse_loss(codes[:, 1:], codes[:, :-1])


def predictor_consistency(net, x):
    z = net.encoder(x)
    return F.smooth_l1_loss(net.predictor(z), z.detach())


torch.manual_seed(0)
net = Siamese()
optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
for step in range(5):
    x = torch.randn(32, 8)
    a, b = x + 0.1 * torch.randn_like(x), x + 0.1 * torch.randn_like(x)
    y, clips = torch.randint(0, 4, (32,)), torch.randn(4, 6, 8)
    loss = F.cross_entropy(net.logits(x), y) + simsiam(net, a, b) + two_views_in_one_pass(net, a, b)
    loss = loss + r_drop(net, x) + 0.1 * entropy(net, x)
    loss = loss + 0.1 * slowness(net, clips) + 0.1 * predictor_consistency(net, x)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(step, loss.item())
