"""Distillation criterion as a class: both sides go through the same softmax helper into nn.KLDivLoss."""
import torch
from torch import nn


class SoftTargetLoss(nn.Module):
    def __init__(self, temperature=4.0, alpha=0.7):
        super().__init__()
        self.temperature = temperature
        self.alpha = alpha
        self.kl = nn.KLDivLoss(reduction="batchmean")
        self.ce = nn.CrossEntropyLoss()

    def soften(self, logits):
        return torch.softmax(logits / self.temperature, dim=1)

    def forward(self, student_logits, teacher_logits, labels):
        dists = {"s": self.soften(student_logits), "t": self.soften(teacher_logits)}
        distill = self.kl(dists["s"], dists["t"]) * self.temperature**2  # expect: ACT322
        return self.alpha * distill + (1 - self.alpha) * self.ce(student_logits, labels)


def mlp(hidden):
    return nn.Sequential(nn.Linear(10, hidden), nn.ReLU(), nn.Linear(hidden, 5))


def train(student, teacher, x, y, steps=10):
    criterion = SoftTargetLoss()
    optimizer = torch.optim.Adam(student.parameters(), lr=1e-3)
    teacher.eval()
    student.train()
    for step in range(steps):
        with torch.no_grad():
            targets = teacher(x)
        loss = criterion(student(x), targets, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


if __name__ == "__main__":
    torch.manual_seed(0)
    x, y = torch.randn(64, 10), torch.randint(0, 5, (64,))
    print("final loss %.4f" % train(mlp(8), mlp(64), x, y))
