"""kl_div with log-probabilities made the other ways: .log() of a softmax and torch.log of a clamped average."""
import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self, p=0.2):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(8, 24), nn.ReLU(), nn.Dropout(p))
        self.out = nn.Linear(24, 3)

    def forward(self, x):
        return self.out(self.body(x))


def jensen_shannon(logits_list):
    probs = [F.softmax(z, dim=1) for z in logits_list]
    mixture = torch.clamp(torch.stack(probs).mean(dim=0), 1e-7, 1).log()
    return sum(F.kl_div(mixture, p, reduction="batchmean") for p in probs) / len(probs)


def distill(student_logits, teacher_logits, temperature=2.0):
    student = F.softmax(student_logits / temperature, dim=1).log()
    teacher = F.softmax(teacher_logits / temperature, dim=1)
    return F.kl_div(student, teacher, reduction="batchmean") * temperature**2


torch.manual_seed(0)
student, teacher = Net(), Net()
teacher.eval().requires_grad_(False)
optimizer = torch.optim.SGD(student.parameters(), lr=0.1)
x, y = torch.randn(60, 8), torch.randint(0, 3, (60,))
for _ in range(10):
    views = [student(x + 0.1 * torch.randn_like(x)) for _ in range(2)]
    loss = F.cross_entropy(views[0], y) + jensen_shannon(views) + distill(views[0], teacher(x))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss.item())
