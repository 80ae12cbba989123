import torch
import torch.nn as nn


class Block(nn.Module):
    def __init__(self, c_in, c_out):
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        x = self.conv(x)
        x = self.relu(x)
        return x


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.block1, self.block2 = Block(1, 8), Block(8, 8)
        self.fc = nn.Linear(8, 4)

    def forward(self, x):
        x = self.block2(self.block1(x))
        return self.fc(x.mean(dim=(2, 3)))


pre_activations = {}


def capture(name):
    def hook(module, inputs, output):
        pre_activations[name] = output  # expect: ACT305

    return hook


torch.manual_seed(0)
net = Net()
handle = net.block1.conv.register_forward_hook(capture("block1"))
optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
criterion = nn.CrossEntropyLoss()
for step in range(3):
    logits = net(torch.randn(4, 1, 6, 6))
    margin = torch.relu(1.0 + pre_activations["block1"]).mean()
    loss = criterion(logits, torch.randint(0, 4, (4,))) + 0.01 * margin
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(step, loss.item(), "smallest pre-activation", pre_activations["block1"].min().item())
handle.remove()
