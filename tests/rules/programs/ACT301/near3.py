"""FitNets-style distillation: the teacher side is detached, the student side is not."""
import torch
from torch import nn
import torch.nn.functional as F


def mlp(width):
    return nn.Sequential(nn.Linear(10, width), nn.ReLU(), nn.Linear(width, 24), nn.ReLU(), nn.Linear(24, 4))


class Recorder:
    def __init__(self, net, layers, detach=False):
        self.detach = detach
        self.feats = {}        # used in the loss
        self.log = {}          # plots only
        self.handles = [net[i].register_forward_hook(self._make(i)) for i in layers]

    def _make(self, key):
        def hook(module, inputs, output):
            self.feats[key] = output.detach() if self.detach else output
            self.log[key] = output.detach().cpu().numpy()
        return hook

    def close(self):
        for handle in self.handles:
            handle.remove()


def main():
    torch.manual_seed(0)
    teacher, student = mlp(64).eval(), mlp(16)
    cams = []
    cam_handle = student[1].register_forward_hook(lambda m, i, o: cams.append(o.data.cpu().numpy()))
    targets = {}

    def save_target(module, inputs, output):
        targets["hint"] = output.detach()

    teacher[3].register_forward_hook(save_target)
    rec = Recorder(student, [1, 3])
    optimizer = torch.optim.SGD(student.parameters(), lr=0.05)
    for step in range(20):
        cams.clear()
        x = torch.randn(32, 10)
        y = x[:, :4].argmax(dim=1)
        with torch.no_grad():
            teacher(x)
        logits = student(x)
        hint = F.mse_loss(rec.feats[3], targets["hint"])     # one operand is attached
        sparse = rec.feats[1].abs().mean()
        loss = F.cross_entropy(logits, y) + 0.5 * hint + 1e-3 * sparse
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 5 == 0:
            print(step, loss.item(), "dead", int((rec.log[1].max(0) == 0).sum()), "cam", cams[0].mean())
    rec.close()
    cam_handle.remove()


if __name__ == "__main__":
    main()
