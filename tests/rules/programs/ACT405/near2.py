"""GAN: two losses, each with its own optimizer and backward(); the accuracy is only a metric."""
import torch
from torch import nn
from torch.optim import Adam


class GAN:
    def __init__(self, noise=4, width=2):
        self.noise = noise
        self.generator = nn.Sequential(nn.Linear(noise, 16), nn.ReLU(), nn.Linear(16, width))
        self.critic = nn.Sequential(nn.Linear(width, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
        self.g_optimizer = Adam(self.generator.parameters(), lr=1e-3)
        self.d_optimizer = Adam(self.critic.parameters(), lr=1e-3)
        self.bce = nn.BCEWithLogitsLoss()

    def sample(self, n):
        return self.generator(torch.randn(n, self.noise))

    def d_step(self, real):
        fake = self.sample(len(real)).detach()
        real_score, fake_score = self.critic(real), self.critic(fake)
        real_loss = self.bce(real_score, torch.ones_like(real_score))
        fake_loss = self.bce(fake_score, torch.zeros_like(fake_score))
        d_loss = 0.5 * (real_loss + fake_loss)
        self.d_optimizer.zero_grad()
        d_loss.backward()
        self.d_optimizer.step()
        accuracy = ((real_score > 0).float().mean() + (fake_score < 0).float().mean()) / 2
        return d_loss.detach(), accuracy.item()

    def g_step(self, n):
        score = self.critic(self.sample(n))
        g_loss = self.bce(score, torch.ones_like(score))
        self.g_optimizer.zero_grad()
        g_loss.backward()
        self.g_optimizer.step()
        return g_loss.detach()


torch.manual_seed(0)
gan = GAN()
for step in range(20):
    d_loss, accuracy = gan.d_step(torch.randn(32, 2) * 0.5 + 1.0)
    g_loss = gan.g_step(32)
    if step % 10 == 0:
        print(step, d_loss.item(), g_loss.item(), accuracy)
