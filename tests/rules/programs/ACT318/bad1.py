"""Distillation from an ensemble."""
import torch
from torch import nn
import torch.nn.functional as F


def convnet(width, classes=6):
    return nn.Sequential(
        nn.Conv2d(1, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(),
        nn.Conv2d(width, width, 3, stride=2, padding=1), nn.BatchNorm2d(width), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, classes),
    )


class EnsembleDistiller:
    def __init__(self, student, teachers, temperature=3.0, alpha=0.7, lr=1e-3):
        self.student = student
        self.teachers = nn.ModuleList(teachers).eval()
        self.T = temperature
        self.alpha = alpha
        self.optimizer = torch.optim.AdamW(self.student.parameters(), lr=lr)

    def kd(self, student_logits, teacher_logits):
        log_p = F.log_softmax(student_logits / self.T, dim=1)
        q = F.softmax(teacher_logits / self.T, dim=1)
        return F.kl_div(log_p, q, reduction="batchmean") * self.T ** 2

    def step(self, images, labels):
        student_logits = self.student(images)
        teacher_logits = torch.stack([net(images) for net in self.teachers]).mean(dim=0)  # expect: ACT318
        ce = F.cross_entropy(student_logits, labels)
        loss = (1 - self.alpha) * ce + self.alpha * self.kd(student_logits, teacher_logits)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def fit(self, loader, epochs):
        self.student.train()
        for epoch in range(epochs):
            losses = [self.step(images, labels) for images, labels in loader]
            print(f"epoch {epoch}: {sum(losses) / len(losses):.4f}")


def main():
    torch.manual_seed(0)
    teachers = [convnet(32) for _ in range(3)]      # checkpoints would be loaded here
    data = torch.utils.data.TensorDataset(torch.randn(48, 1, 12, 12), torch.randint(0, 6, (48,)))
    loader = torch.utils.data.DataLoader(data, batch_size=16, shuffle=True)
    distiller = EnsembleDistiller(convnet(8), teachers)
    distiller.fit(loader, epochs=2)


if __name__ == "__main__":
    main()
