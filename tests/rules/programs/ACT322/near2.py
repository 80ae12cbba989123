"""KLDivLoss with log_target=True, and reduction='none' summed over classes by hand."""
import torch
from torch import nn
from torch.nn.functional import kl_div, log_softmax, softmax


class Matching(nn.Module):
    def __init__(self, temperature):
        super().__init__()
        self.temperature = temperature
        self.kl = nn.KLDivLoss(reduction="batchmean", log_target=True)

    def forward(self, student_logits, teacher_logits):
        student = log_softmax(student_logits / self.temperature, dim=-1)
        teacher = log_softmax(teacher_logits / self.temperature, dim=-1)
        return self.kl(student, teacher) * self.temperature**2


def masked_kl(student_logits, teacher_logits, mask):
    pointwise = kl_div(log_softmax(student_logits, dim=-1), softmax(teacher_logits, dim=-1), reduction="none")
    per_token = pointwise.sum(dim=-1)
    return (per_token * mask).sum() / mask.sum().clamp(min=1)


class Tagger(nn.Module):
    def __init__(self, hidden, vocabulary=40, tags=6):
        super().__init__()
        self.embed = nn.Embedding(vocabulary, hidden)
        self.out = nn.Linear(hidden, tags)

    def forward(self, tokens):
        return self.out(torch.tanh(self.embed(tokens)))


torch.manual_seed(0)
student, teacher = Tagger(8), Tagger(32)
teacher.eval()
matching = Matching(temperature=3.0)
optimizer = torch.optim.Adam(student.parameters(), lr=1e-2)
tokens = torch.randint(0, 40, (16, 11))
mask = (tokens > 3).float()
for _ in range(10):
    with torch.no_grad():
        wanted = teacher(tokens)
    scores = student(tokens)
    loss = 0.5 * matching(scores.flatten(0, 1), wanted.flatten(0, 1)) + masked_kl(scores, wanted, mask)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss.item())
