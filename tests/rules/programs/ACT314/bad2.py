"""Metric learning: the loss object owns the class proxies, the optimizer gets only the network's parameters."""
import torch
import torch.nn.functional as F
from torch.nn import Linear, Module, Parameter, ReLU, Sequential
from torch.optim import SGD
from torch.optim.lr_scheduler import StepLR


class ProxyLoss(Module):
    def __init__(self, classes, size, scale=16.0, margin=0.2):
        super().__init__()
        self.proxies = Parameter(torch.randn(classes, size))
        self.scale = scale
        self.margin = margin

    def forward(self, embedding, label):
        cosine = F.linear(F.normalize(embedding), F.normalize(self.proxies))
        shift = self.margin * F.one_hot(label, cosine.size(1))
        return F.cross_entropy(self.scale * (cosine - shift), label)


class Trainer:
    def __init__(self, network, criterion, lr=0.1):
        self.network = network
        self.criterion = criterion
        self.optimizer = SGD(self.network.parameters(), lr=lr, momentum=0.9)  # expect: ACT314
        self.scheduler = StepLR(self.optimizer, step_size=5)

    def run(self, x, y, epochs):
        for epoch in range(epochs):
            for xb, yb in zip(x.split(32), y.split(32)):
                self.optimizer.zero_grad()
                loss = self.criterion(self.network(xb), yb)
                loss.backward()
                self.optimizer.step()
            self.scheduler.step()
            print("epoch %d loss %.4f" % (epoch, loss.item()))


torch.manual_seed(0)
embedder = Sequential(Linear(20, 32), ReLU(), Linear(32, 8))
trainer = Trainer(embedder, ProxyLoss(classes=6, size=8))
trainer.run(torch.randn(128, 20), torch.randint(0, 6, (128,)), epochs=3)
