"""The detached captures are the teacher's (target side) and the ones for the plot; the student's are attached."""
import torch
import torch.nn.functional as F
from torch import nn


def backbone():
    return nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))


student, teacher = backbone(), backbone().eval()
teacher.requires_grad_(False)
student_feats, teacher_feats, maps_for_plot = {}, {}, {}


def grab_teacher(module, inputs, output):
    teacher_feats["hidden"] = output.detach()


def grab_student(module, inputs, output):
    student_feats["hidden"] = output
    maps_for_plot["hidden"] = output.data.cpu().numpy()


handles = [teacher[1].register_forward_hook(grab_teacher), student[1].register_forward_hook(grab_student)]
optimizer = torch.optim.Adam(student.parameters(), lr=1e-3)
for step in range(4):
    x, y = torch.randn(16, 8), torch.randint(0, 3, (16,))
    with torch.no_grad():
        teacher(x)
    logits = student(x)
    hint = (student_feats["hidden"] - teacher_feats["hidden"]).abs().mean()
    centred = student_feats["hidden"] - student_feats["hidden"].mean(dim=0).detach()
    loss = F.cross_entropy(logits, y) + 0.5 * hint + 0.01 * centred.pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(step, loss.item(), maps_for_plot["hidden"].std())
for handle in handles:
    handle.remove()
