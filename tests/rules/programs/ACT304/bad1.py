import torch
from torch import nn


class Encoder(nn.Module):
    def __init__(self, d_in=10, d_hidden=20):
        super().__init__()
        self.fc = nn.Linear(d_in, d_hidden)

    def forward(self, x):
        return torch.relu(self.fc(x))


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = Encoder()
        self.head = nn.Linear(20, 3)

    def forward(self, x):
        hidden = self.encoder.forward(x)  # expect: ACT304
        return self.head(hidden)


captured = {"hidden": None}


def keep_hidden(module, inputs, output):
    captured["hidden"] = output


torch.manual_seed(0)
model = Classifier()
handle = model.encoder.register_forward_hook(keep_hidden)
model.encoder(torch.zeros(1, 10))  # shape check
print("hidden size", captured["hidden"].shape[-1])

criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for step in range(5):
    x, y = torch.randn(16, 10), torch.randint(0, 3, (16,))
    logits = model(x)
    loss = criterion(logits, y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(step, loss.item(), "active:", (captured["hidden"] > 0).float().mean().item())
handle.remove()
