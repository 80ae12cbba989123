"""Knowledge distillation wrapped in one module, temperature-scaled."""
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset


class DistillationLoss(nn.Module):
    def __init__(self, temperature=4.0, alpha=0.5):
        super().__init__()
        self.temperature = temperature
        self.alpha = alpha
        self.ce = nn.CrossEntropyLoss()
        self.kl = nn.KLDivLoss(reduction="batchmean")

    def soften(self, logits):
        return F.softmax(logits / self.temperature, dim=-1)

    def forward(self, student_logits, teacher_logits, labels):
        hard = self.ce(student_logits, labels)
        soft = self.kl(self.soften(student_logits), self.soften(teacher_logits))  # expect: ACT322
        return (1 - self.alpha) * hard + self.alpha * self.temperature ** 2 * soft


class TextCNN(nn.Module):
    def __init__(self, vocab, dim, classes):
        super().__init__()
        self.embedding = nn.Embedding(vocab, dim)
        self.conv = nn.Conv1d(dim, dim, 3, padding=1)
        self.fc = nn.Linear(dim, classes)

    def forward(self, ids):
        x = self.embedding(ids).transpose(1, 2)
        return self.fc(torch.relu(self.conv(x)).amax(dim=2))


def train(student, teacher, loader, epochs=2):
    criterion = DistillationLoss()
    optimizer = torch.optim.Adam(student.parameters(), lr=2e-3)
    teacher.eval()
    for epoch in range(epochs):
        student.train()
        running = 0.0
        for ids, labels in loader:
            with torch.no_grad():
                teacher_logits = teacher(ids)
            loss = criterion(student(ids), teacher_logits, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            running += loss.item()
        print(f"[{epoch}] loss {running / len(loader):.4f}")


if __name__ == "__main__":
    torch.manual_seed(0)
    ids = torch.randint(0, 200, (128, 15))
    loader = DataLoader(TensorDataset(ids, ids[:, 0] % 3), batch_size=32, shuffle=True)
    train(TextCNN(200, 16, 3), TextCNN(200, 64, 3), loader)
