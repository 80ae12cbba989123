"""All the right ways to write a KL term."""
import torch
from torch import nn
import torch.nn.functional as F
from torch.distributions import Categorical, Normal, kl_divergence


class KD(nn.Module):
    def __init__(self, T=2.0):
        super().__init__()
        self.T = T
        self.log_kl = nn.KLDivLoss(reduction="batchmean", log_target=True)

    def log_probs(self, logits):
        return F.log_softmax(logits / self.T, dim=-1)

    def forward(self, s, t):
        return self.log_kl(self.log_probs(s), self.log_probs(t)) * self.T ** 2


def masked_kl(s, t, mask):
    kl = F.kl_div(F.log_softmax(s, dim=-1), F.softmax(t, dim=-1), reduction="none").sum(dim=-1)
    return (kl * mask).sum() / mask.sum()


def summed_kl(s, t):
    probs = F.softmax(s, dim=-1)
    return F.kl_div(probs.log(), F.softmax(t, dim=-1), reduction="sum") / len(s)


def clamped_kl(s, t):
    p, q = s.softmax(-1), t.softmax(-1)
    log_p = torch.log(p.clamp_min(1e-8))
    return F.kl_div(log_p, q, reduction="batchmean")


def by_hand(s, t):
    p, log_p, log_q = s.softmax(-1), s.log_softmax(-1), t.log_softmax(-1)
    return (p * (log_p - log_q)).sum(-1).mean()


def main():
    torch.manual_seed(0)
    student, teacher = nn.Linear(10, 6), nn.Linear(10, 6).eval().requires_grad_(False)
    posterior = nn.Linear(10, 8)
    kd = KD()
    optimizer = torch.optim.SGD([*student.parameters(), *posterior.parameters()], lr=0.1)
    for step in range(5):
        x = torch.randn(16, 10)
        mask = (torch.rand(16) > 0.1).float()
        with torch.no_grad():
            t = teacher(x)
        s = student(x)
        mu, log_sigma = posterior(x).chunk(2, dim=-1)
        prior = Normal(torch.zeros_like(mu), torch.ones_like(mu))
        kl_z = kl_divergence(Normal(mu, F.softplus(log_sigma) + 1e-3), prior).sum(-1).mean()
        kl_c = kl_divergence(Categorical(logits=s), Categorical(logits=t)).mean()
        loss = kd(s, t) + masked_kl(s, t, mask) + summed_kl(s, t) + clamped_kl(s, t) + by_hand(s, t)
        loss = loss + 0.1 * kl_z + kl_c
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, loss.item())


if __name__ == "__main__":
    main()
