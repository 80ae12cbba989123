"""Distillation loss over a dict of outputs: after a refactoring both sides come from the teacher."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class Distillation(nn.Module):
    def __init__(self, teacher, student, temperature=2.0):
        super().__init__()
        self.teacher = teacher
        self.student = student
        self.temperature = temperature
        self.kl = nn.KLDivLoss(reduction="batchmean")

    def forward(self, x):
        with torch.no_grad():
            wanted = self.teacher(x)
        return {"teacher": wanted, "student": self.student(x)}

    def log_probs(self, logits):
        return F.log_softmax(logits / self.temperature, dim=1)

    def soft_loss(self, outputs):
        predicted = self.log_probs(outputs["teacher"])
        target = F.softmax(outputs["teacher"] / self.temperature, dim=1)
        return self.kl(predicted, target) * self.temperature**2  # expect: ACT407


def train(distillation, x, y, epochs=5, alpha=0.5):
    optimizer = torch.optim.Adam(distillation.student.parameters(), lr=1e-3)
    distillation.teacher.eval()
    for epoch in range(epochs):
        outputs = distillation(x)
        hard = F.cross_entropy(outputs["student"], y)
        loss = alpha * hard + (1 - alpha) * distillation.soft_loss(outputs)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print("epoch %d loss %.4f" % (epoch, loss.item()))


torch.manual_seed(0)
big = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 3))
small = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 3))
train(Distillation(big, small), torch.randn(64, 8), torch.randint(0, 3, (64,)))
