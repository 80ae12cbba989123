"""Softmax attention and a sigmoid gate inside the network, right losses at its two ends."""
import torch
from torch import nn


class GatedAttention(nn.Module):
    def __init__(self, width, classes):
        super().__init__()
        self.score = nn.Linear(width, 1)
        self.gate = nn.Sequential(nn.Linear(width, width), nn.Sigmoid())
        self.classify = nn.Linear(width, classes)
        self.relevance = nn.Sequential(nn.Linear(width, 1), nn.Sigmoid())

    def forward(self, tokens):
        weights = torch.softmax(self.score(tokens), dim=1)
        pooled = (weights * tokens).sum(dim=1)
        pooled = pooled * self.gate(pooled)
        return self.classify(pooled), self.relevance(pooled).squeeze(1)


class Objective(nn.Module):
    def __init__(self, alpha=0.5):
        super().__init__()
        self.ce = nn.NLLLoss()
        self.bce = nn.BCELoss()
        self.alpha = alpha

    def forward(self, outputs, label, relevant):
        logits, relevance = outputs
        log_probs = torch.log_softmax(logits, dim=1)
        return self.ce(log_probs, label) + self.alpha * self.bce(relevance, relevant)


torch.manual_seed(0)
net, objective = GatedAttention(16, 3), Objective()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
tokens = torch.randn(32, 7, 16)
label, relevant = torch.randint(0, 3, (32,)), torch.randint(0, 2, (32,)).float()
pretrain = nn.CrossEntropyLoss()

for step in range(10):
    outputs = net(tokens)
    loss = pretrain(outputs[0], label) if step < 5 else objective(outputs, label, relevant)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss.item())
