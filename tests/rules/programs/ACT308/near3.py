"""requires_grad set on inputs, perturbations, interpolates and parameters."""
import torch
import torch.nn.functional as F
from torch import autograd, nn

torch.manual_seed(0)
critic = nn.Sequential(nn.Linear(6, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
classifier = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 3))
critic_opt = torch.optim.Adam(critic.parameters(), lr=1e-3)
cls_opt = torch.optim.Adam(classifier.parameters(), lr=1e-3)


def gradient_penalty(net, real, fake):
    alpha = torch.rand(real.size(0), 1)
    mixed = alpha * real + (1 - alpha) * fake
    mixed.requires_grad_(True)
    score = net(mixed)
    grads = autograd.grad(score.sum(), mixed, create_graph=True)[0]
    return (grads.norm(2, dim=1) - 1).pow(2).mean()


def pgd(net, x, y, eps=0.1, steps=3):
    delta = torch.empty_like(x).uniform_(-eps, eps)
    delta.requires_grad = True
    for _ in range(steps):
        attack_loss = F.cross_entropy(net(x + delta), y)
        (grad,) = autograd.grad(attack_loss, [delta])
        delta.data = (delta.data + 0.05 * grad.sign()).clamp(-eps, eps)
    return (x + delta).detach()


def saliency(net, x, label):
    x = x.clone()
    x.requires_grad_()
    net(x)[:, label].sum().backward()
    return x.grad.abs()


def set_trainable(net, flag):
    for param in net.parameters():
        param.requires_grad_(flag)


for step in range(3):
    x, y, fake = torch.randn(16, 6), torch.randint(0, 3, (16,)), torch.randn(16, 6)
    critic_opt.zero_grad()
    d_loss = critic(fake).mean() - critic(x).mean() + 10.0 * gradient_penalty(critic, x, fake)
    d_loss.backward()
    critic_opt.step()

    set_trainable(classifier, False)
    adversarial = pgd(classifier, x, y)
    set_trainable(classifier, True)
    cls_opt.zero_grad()
    loss = F.cross_entropy(classifier(adversarial), y)
    loss.backward()
    cls_opt.step()
    print(step, d_loss.item(), loss.item())
print(saliency(classifier, torch.randn(2, 6), 0).shape)
