"""Host values next to a loss that are not loss terms."""
import torch
from torch import nn
import torch.nn.functional as F


class Meter:
    def __init__(self):
        self.total, self.count = 0.0, 0

    def update(self, value, n=1):
        self.total += float(value) * n
        self.count += n

    @property
    def mean(self):
        return self.total / max(self.count, 1)


class Autoencoder(nn.Module):
    def __init__(self, d=12, k=4):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(d, 32), nn.Tanh(), nn.Linear(32, k))
        self.dec = nn.Sequential(nn.Linear(k, 32), nn.Tanh(), nn.Linear(32, d))
        self.cls = nn.Linear(k, 2)

    def forward(self, x):
        z = self.enc(x)
        return z, self.dec(z), self.cls(z)


def balance(reference, term, eps=1e-8):
    """Factor that brings `term` to the size of `reference`; constant on purpose."""
    return reference.item() / (term.item() + eps)


def main():
    torch.manual_seed(0)
    net = Autoencoder()
    opt = torch.optim.Adam(net.parameters(), lr=1e-2)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(opt, patience=3)
    class_weight = torch.tensor([0.3, 0.7])
    X = torch.randn(128, 12)
    Y = (X[:, 0] > 0.5).long()
    history, best = [], float("inf")
    for epoch in range(5):
        meter = Meter()
        for xb, yb in zip(X.split(32), Y.split(32)):
            z, recon, logits = net(xb)
            rec = F.mse_loss(recon, xb)
            ce = F.cross_entropy(logits, yb, weight=class_weight)
            terms = [rec, balance(rec, ce) * ce, 1e-3 * z.pow(2).mean()]
            focal = (1 - torch.exp(-ce.detach())) ** 2
            loss = torch.stack(terms).sum() + 0.1 * float(focal) * ce
            opt.zero_grad()
            loss.backward()
            opt.step()
            meter.update(loss.item(), len(xb))
            history.append(torch.tensor([t.item() for t in terms]))
        scheduler.step(meter.mean)
        best = min(best, meter.mean)
        print(f"{epoch}: {meter.mean:.4f} best {best:.4f}", torch.stack(history).mean(0).tolist())


if __name__ == "__main__":
    main()
