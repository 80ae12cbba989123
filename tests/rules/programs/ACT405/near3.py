"""Terms that are not in `loss`, and rightly so."""
import torch
from torch import nn
import torch.nn.functional as F


class Generator(nn.Module):
    def __init__(self, k=8, d=16):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(k, 32), nn.ReLU(), nn.Linear(32, d))

    def forward(self, z):
        return self.net(z)


class Critic(nn.Module):
    def __init__(self, d=16):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(d, 32), nn.LeakyReLU(0.2))
        self.real = nn.Linear(32, 1)
        self.kind = nn.Linear(32, 3)

    def forward(self, x):
        h = self.body(x)
        return self.real(h), self.kind(h)


def critic_losses(critic, real, fake, labels):
    """Named terms; the training loop adds all of them."""
    r, kinds = critic(real)
    f, _ = critic(fake)
    losses = {}
    losses["hinge"] = F.relu(1 - r).mean() + F.relu(1 + f).mean()
    losses["kind"] = F.cross_entropy(kinds, labels)
    drift_loss = 1e-3 * r.pow(2).mean()
    losses["drift"] = drift_loss
    with torch.no_grad():
        acc = (kinds.argmax(1) == labels).float().mean()
        gap_loss = r.mean() - f.mean()                 # monitored, not optimised
    return losses, {"acc": acc.item(), "gap": gap_loss.item()}


@torch.no_grad()
def evaluate(critic, real, labels):
    _, kinds = critic(real)
    val_loss = F.cross_entropy(kinds, labels)
    penalty = kinds.pow(2).mean()
    print("val", val_loss.item(), "penalty", penalty.item())
    return (kinds.argmax(1) == labels).float().mean().item()


def main():
    torch.manual_seed(0)
    gen, critic = Generator(), Critic()
    opt_g = torch.optim.Adam(gen.parameters(), lr=1e-3, betas=(0.0, 0.9))
    opt_c = torch.optim.Adam(critic.parameters(), lr=1e-3, betas=(0.0, 0.9))
    for step in range(5):
        real, labels = torch.randn(32, 16), torch.randint(0, 3, (32,))
        fake = gen(torch.randn(32, 8))
        losses, logs = critic_losses(critic, real, fake.detach(), labels)
        critic_loss = sum(losses.values())
        opt_c.zero_grad()
        critic_loss.backward()
        opt_c.step()

        gen_loss = -critic(fake)[0].mean()             # own backward, own optimizer
        opt_g.zero_grad()
        gen_loss.backward()
        opt_g.step()
        logs.update({k: v.item() for k, v in losses.items()})
        print(step, gen_loss.item(), logs)
    print(evaluate(critic, real, labels))


if __name__ == "__main__":
    main()
