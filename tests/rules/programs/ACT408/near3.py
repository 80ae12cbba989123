"""Rounding, masks and argmax that leave a gradient path, or are not in the loss."""
import torch
from torch import nn
import torch.nn.functional as F


class Quantizer(nn.Module):
    def __init__(self, levels=8):
        super().__init__()
        self.levels = levels

    def forward(self, z):
        z = torch.sigmoid(z) * (self.levels - 1)
        return z + (torch.round(z) - z).detach()           # straight-through


class Binarize(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.sign(x)

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * (x.abs() <= 1).float()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Linear(12, 16)
        self.quant = Quantizer()
        self.dec = nn.Linear(16, 12)
        self.cls = nn.Linear(16, 4)

    def forward(self, x):
        h = self.enc(x)
        return h, self.dec(self.quant(h)), self.cls(Binarize.apply(h))


def sparse_terms(h, threshold=0.5):
    active = (h.abs() > threshold).float()
    truncated = (active * h.abs()).mean()                  # mask times attached value
    soft_count = torch.sigmoid(10 * (h.abs() - threshold)).mean()
    topk = h.abs().topk(3, dim=1).values.mean()
    return truncated + soft_count + topk


def main():
    torch.manual_seed(0)
    net = Net()
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    for step in range(5):
        x = torch.randn(32, 12)
        labels = x[:, :4].argmax(dim=1)                    # labels
        valid = (torch.rand(32) > 0.1)
        h, recon, logits = net(x)
        per_sample = (recon - x).pow(2).mean(dim=1)
        rec = (per_sample * valid.float()).sum() / valid.sum()
        hard = F.gumbel_softmax(logits, hard=True)         # straight-through inside
        usage = (hard.mean(0) - 0.25).pow(2).mean()
        loss = rec + F.cross_entropy(logits[valid], labels[valid]) + 0.1 * usage + 0.01 * sparse_terms(h)
        opt.zero_grad()
        loss.backward()
        opt.step()
        acc = (logits.argmax(dim=1) == labels).float().mean()
        dead = (h > 0).sum(dim=0).eq(0).sum()
        print(step, loss.item(), "acc", acc.item(), "dead", int(dead))


if __name__ == "__main__":
    main()
