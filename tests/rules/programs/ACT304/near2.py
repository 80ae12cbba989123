"""Objects with a forward() that are no modules: a hidden Markov model and a car. The network itself is called."""
import torch
from torch import nn


class HMM:
    def __init__(self, start, transition):
        self.start, self.transition = start, transition

    def forward(self, log_emission):
        alpha = self.start + log_emission[0]
        for frame in log_emission[1:]:
            alpha = torch.logsumexp(alpha.unsqueeze(1) + self.transition, dim=0) + frame
        return torch.logsumexp(alpha, dim=0)


class Car:
    def __init__(self):
        self.position = 0.0

    def forward(self, speed):
        self.position += 0.1 * speed
        return self.position


def hidden_hook(module, inputs, output):
    hidden_store["h"] = output


torch.manual_seed(0)
hidden_store = {}
hmm = HMM(torch.full((3,), -1.0986), torch.log_softmax(torch.randn(3, 3), dim=1))
car = Car()
net = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 3))
hook = net[1].register_forward_hook(hidden_hook)
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for step in range(4):
    sequence = torch.randn(7, 5)
    log_emission = net(sequence).log_softmax(dim=-1)
    loss = -hmm.forward(log_emission) / len(sequence) + 0.01 * hidden_store["h"].abs().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(step, loss.item(), car.forward(1.0 + step))
hook.remove()
