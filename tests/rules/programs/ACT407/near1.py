"""R-Drop and SimSiam style terms: the same network, but two different calls (other dropout masks, other views)."""
import torch
import torch.nn.functional as F
from torch import nn


class Encoder(nn.Module):
    def __init__(self, width, size, classes):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(width, 32), nn.ReLU(), nn.Dropout(0.3), nn.Linear(32, size))
        self.predictor = nn.Sequential(nn.Linear(size, 16), nn.ReLU(), nn.Linear(16, size))
        self.classifier = nn.Linear(size, classes)

    def forward(self, x):
        z = self.body(x)
        return z, self.predictor(z), self.classifier(z)


def symmetric_kl(p_logits, q_logits):
    p, q = F.log_softmax(p_logits, dim=-1), F.log_softmax(q_logits, dim=-1)
    forward = F.kl_div(p, q.exp(), reduction="batchmean")
    backward = F.kl_div(q, p.exp(), reduction="batchmean")
    return 0.5 * (forward + backward)


def negative_cosine(p, z):
    return -F.cosine_similarity(p, z.detach(), dim=-1).mean()


def augment(x):
    return x + 0.05 * torch.randn_like(x)


torch.manual_seed(0)
net = Encoder(12, 8, 3)
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
x, y = torch.randn(96, 12), torch.randint(0, 3, (96,))
for _ in range(5):
    z1, p1, logits1 = net(augment(x))
    z2, p2, logits2 = net(augment(x))
    ce = F.cross_entropy(logits1, y) + F.cross_entropy(logits2, y)
    siamese = 0.5 * (negative_cosine(p1, z2) + negative_cosine(p2, z1))
    loss = 0.5 * ce + 0.5 * symmetric_kl(logits1, logits2) + 0.1 * siamese
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss.item())
