"""ACT318 teacher-not-frozen."""

from __future__ import annotations

import pytest

_FOUND = {
    "distiller": """\
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def mlp(width):
    return nn.Sequential(nn.Linear(20, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Linear(width, 10))


class Distiller:
    def __init__(self, teacher, student, temperature=4.0):
        self.teacher = teacher.eval()
        self.student = student
        self.temperature = temperature
        self.optimizer = torch.optim.Adam(self.student.parameters(), lr=1e-3)
        self.ce = nn.CrossEntropyLoss()

    def soft_targets(self, images):
        logits = self.teacher(images)  # expect: ACT318
        return torch.softmax(logits / self.temperature, dim=1)

    def step(self, images, labels):
        logits = self.student(images)
        soft = self.soft_targets(images)
        log_p = torch.log_softmax(logits / self.temperature, dim=1)
        distill = nn.functional.kl_div(log_p, soft, reduction="batchmean") * self.temperature**2
        loss = self.ce(logits, labels) + 0.5 * distill
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()


def main():
    torch.manual_seed(0)
    data = TensorDataset(torch.randn(64, 20), torch.randint(0, 10, (64,)))
    distiller = Distiller(mlp(128), mlp(16))
    for epoch in range(2):
        running = 0.0
        for images, labels in DataLoader(data, batch_size=16, shuffle=True):
            running += distiller.step(images, labels)
        print(f"epoch {epoch}: {running / 4:.3f}")


if __name__ == "__main__":
    main()
""",
    "lightning": """\
import pytorch_lightning as pl
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset


class ConvNet(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, channels, 3, padding=1), nn.BatchNorm2d(channels), nn.ReLU())
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(channels, 10)

    def forward(self, x):
        h = self.stem(x)
        return {"feature": h, "logits": self.fc(self.pool(h).flatten(1))}


class HintModule(pl.LightningModule):
    def __init__(self, ckpt=None, beta=50.0):
        super().__init__()
        self.student = ConvNet(16)
        self.hint_teacher = ConvNet(16)
        if ckpt is not None:
            self.hint_teacher.load_state_dict(torch.load(ckpt, map_location="cpu"))
        self.beta = beta

    def forward(self, x):
        return self.student(x)["logits"]

    def training_step(self, batch, batch_idx):
        images, target = batch
        outs = {}
        outs["s"] = self.student(images)
        outs["t"] = self.hint_teacher(images)  # expect: ACT318
        hint = F.mse_loss(outs["s"]["feature"], outs["t"]["feature"])
        loss = F.cross_entropy(outs["s"]["logits"], target) + self.beta * hint
        self.log("train/loss", loss)
        return loss

    def configure_optimizers(self):
        optimizer = torch.optim.SGD(self.student.parameters(), lr=0.05, momentum=0.9)
        return {"optimizer": optimizer, "lr_scheduler": torch.optim.lr_scheduler.StepLR(optimizer, 10)}


if __name__ == "__main__":
    dataset = TensorDataset(torch.randn(32, 3, 16, 16), torch.randint(0, 10, (32,)))
    trainer = pl.Trainer(max_epochs=1, logger=False, enable_checkpointing=False)
    trainer.fit(HintModule(), DataLoader(dataset, batch_size=8))
""",
    "copy with moving average": """\
import copy
import torch
from torch import nn
import torch.nn.functional as F

student = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3))
teacher = copy.deepcopy(student)
optimizer = torch.optim.AdamW(student.parameters(), lr=1e-3)


@torch.no_grad()
def ema(decay):
    for t, s in zip(teacher.parameters(), student.parameters()):
        t.mul_(decay).add_(s, alpha=1 - decay)


for images, labels in loader:
    logits = student(images)
    target = teacher(images)  # expect: ACT318
    loss = F.cross_entropy(logits, labels) + F.mse_loss(logits, target)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    ema(0.99)
""",
    "features by hooks": """\
import torch
from torch import nn

feats = {}


def grab(name):
    def hook(m, i, o):
        feats[name] = o
    return hook


teacher = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)).eval()
student = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
teacher[1].register_forward_hook(grab("t"))
student[1].register_forward_hook(grab("s"))
opt = torch.optim.SGD(student.parameters(), 0.1)


def step(x, y):
    out = student(x)
    teacher(x)  # expect: ACT318
    loss = nn.functional.cross_entropy(out, y) + (feats["s"] - feats["t"]).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()


step(torch.randn(4, 4), torch.tensor([0, 1, 0, 1]))
""",
    "function with parameters": """\
import argparse
import torch
import torch.nn as nn
from torch.optim import SGD


class Net(nn.Module):
    def __init__(self, w):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(8, w), nn.ReLU())
        self.fc = nn.Linear(w, 2)

    def forward(self, x, return_features=False):
        f = self.body(x)
        if return_features:
            return self.fc(f), f
        return self.fc(f)


def train(student, teacher, loader, optimizer, device):
    teacher.eval()
    student.train()
    for i, (x, y) in enumerate(loader):
        x, y = x.to(device), y.to(device)
        s_out, s_f = student(x, return_features=True)
        t_out, t_f = teacher(x, return_features=True)  # expect: ACT318
        loss = nn.functional.cross_entropy(s_out, y) + (s_f - t_f).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def main():
    args = argparse.ArgumentParser().parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    teacher, student = Net(16).to(device), Net(16).to(device)
    teacher.load_state_dict(torch.load("t.pt"))
    optimizer = SGD(filter(lambda p: p.requires_grad, student.parameters()), lr=0.1)
    loader = [(torch.ones(2, 8), torch.tensor([0, 1]))]
    for _ in range(2):
        train(student, teacher, loader, optimizer, device)


main()
""",
    "feature loss": """\
import torch
import torch.nn as nn


class FeatureLoss(nn.Module):
    def __init__(self, extractor, weight):
        super().__init__()
        self.extractor = extractor
        self.weight = weight

    def forward(self, hidden, images):
        reference = self.extractor(images)  # expect: ACT318
        return self.weight * nn.functional.l1_loss(hidden, reference)


net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
extractor = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
criterion = FeatureLoss(extractor, 0.1)
opt = torch.optim.RMSprop([{"params": net.parameters(), "lr": 1e-3}])
for _ in range(2):
    imgs = torch.rand(2, 3, 8, 8)
    loss = criterion(net(imgs), imgs)
    opt.zero_grad()
    loss.backward()
    opt.step()
""",
}


_SILENT = {
    "perceptual loss": """\
import torch
from torch import nn


def freeze(net):
    net.eval()
    for p in net.parameters():
        p.requires_grad = False
    return net


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 3, 3, padding=1))

    def forward(self, x):
        return torch.tanh(self.body(x))


class PerceptualLoss(nn.Module):
    def __init__(self, extractor):
        super().__init__()
        self.extractor = freeze(extractor)
        self.criterion = nn.L1Loss()

    def forward(self, fake, real):
        return self.criterion(self.extractor(fake), self.extractor(real))


torch.manual_seed(0)
vgg = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 8, 3))
generator = Generator()
perceptual = PerceptualLoss(vgg)
pixel = nn.MSELoss()
optimizer = torch.optim.Adam(generator.parameters(), lr=2e-4)

for step in range(3):
    content = torch.rand(4, 3, 16, 16)
    fake = generator(content)
    loss = pixel(fake, content) + 0.1 * perceptual(fake, content)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(step, loss.item())
""",
    "mutual learning": """\
import copy
import itertools

import torch
import torch.nn.functional as F
from torch import nn


def make_net():
    return nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 5))


class Mutual:
    def __init__(self):
        self.net_a, self.net_b = make_net(), make_net()
        self.ema_teacher = copy.deepcopy(self.net_a).eval()
        params = itertools.chain(self.net_a.parameters(), self.net_b.parameters())
        self.opt = torch.optim.AdamW(params, lr=1e-3)

    @torch.no_grad()
    def ema_targets(self, x):
        return self.ema_teacher(x).softmax(dim=-1)

    @torch.no_grad()
    def update_ema(self, decay=0.99):
        for slow, fast in zip(self.ema_teacher.parameters(), self.net_a.parameters()):
            slow.mul_(decay).add_(fast, alpha=1 - decay)

    def train_step(self, x, y):
        za, zb = self.net_a(x), self.net_b(x)
        ema = self.ema_targets(x)
        peer = F.kl_div(za.log_softmax(-1), zb.detach().softmax(-1), reduction="batchmean")
        peer = peer + F.kl_div(zb.log_softmax(-1), za.detach().softmax(-1), reduction="batchmean")
        self_distill = F.kl_div(za.log_softmax(-1), ema, reduction="batchmean")
        loss = F.cross_entropy(za, y) + F.cross_entropy(zb, y) + peer + self_distill
        self.opt.zero_grad(set_to_none=True)
        loss.backward()
        self.opt.step()
        self.update_ema()
        return float(loss)


if __name__ == "__main__":
    torch.manual_seed(1)
    trainer = Mutual()
    for _ in range(4):
        print(trainer.train_step(torch.randn(16, 12), torch.randint(0, 5, (16,))))
""",
    "discriminator and probe": """\
import torch
from torch import nn

G, D = nn.Linear(4, 8), nn.Linear(8, 1)
og, od = torch.optim.Adam(G.parameters()), torch.optim.Adam(D.parameters())
x, real = torch.randn(2, 4), torch.randn(2, 8)
loss = D(real).mean() - D(G(x).detach()).mean()
loss.backward()
od.step()
backbone = nn.Linear(4, 8)
head = nn.Linear(8, 2)
opt = torch.optim.SGD(head.parameters(), 0.1)
head(backbone(x)).sum().backward()
""",
    "detached targets": """\
import torch
from torch import nn

vgg = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()).eval()
gen = nn.Conv2d(3, 3, 3, padding=1)
opt = torch.optim.Adam(gen.parameters())
x = torch.rand(1, 3, 8, 8)
style = vgg(x).detach()
loss = (vgg(gen(x)) - style).pow(2).mean() + gen(x).abs().mean()
loss.backward()
opt.step()

target, online = nn.Linear(4, 2), nn.Linear(4, 2)
o2 = torch.optim.Adam(online.parameters())
s, s2, r = torch.ones(2, 4), torch.ones(2, 4), torch.ones(2)
q = online(s).max(1)[0]
y = r + 0.9 * target(s2).max(1)[0].detach()
nn.functional.mse_loss(q, y).backward()
for p in target.parameters():
    p.requires_grad_(False)
""",
    "trained, wrapped, frozen": """\
import torch
from torch import nn

student, teacher = nn.Linear(4, 2), nn.Linear(4, 2)
opt = torch.optim.Adam(student.parameters())
opt2 = torch.optim.Adam(teacher.parameters())
x = torch.ones(2, 4)
((student(x) - teacher(x)) ** 2).mean().backward()


class Wrapped(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    @torch.inference_mode()
    def forward(self, x):
        return self.net(x)


m, t = nn.Linear(4, 2), Wrapped(nn.Linear(4, 2))
o = torch.optim.SGD(m.parameters(), 0.1)
((m(x) - t(x)) ** 2).mean().backward()

a, b = nn.Linear(4, 2), nn.Linear(4, 2)
for p in b.parameters():
    p.requires_grad_(False)
oa = torch.optim.SGD(a.parameters(), 0.1)
((a(x) - b(x)) ** 2).mean().backward()
""",
    "perceptual loss, not frozen": """\
import torch
from torch import nn

vgg = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()).eval()
gen = nn.Conv2d(3, 3, 3, padding=1)
opt = torch.optim.Adam(gen.parameters())
for real in [torch.rand(1, 3, 8, 8)]:
    fake = gen(real)
    loss = (vgg(fake) - vgg(real)).pow(2).mean() + (fake - real).abs().mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
""",
}


@pytest.mark.parametrize("text", _FOUND.values(), ids=_FOUND)
def test_found(text, expect):
    expect("ACT318", text)


@pytest.mark.parametrize("text", _SILENT.values(), ids=_SILENT)
def test_silent(text, expect):
    expect("ACT318", text)
