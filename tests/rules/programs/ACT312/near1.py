"""forward() returns logits and probabilities; the loss takes the first, the prediction the second."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class Classifier(nn.Module):
    def __init__(self, width, classes):
        super().__init__()
        self.hidden = nn.Linear(width, 32)
        self.out = nn.Linear(32, classes)
        self.softmax = nn.Softmax(dim=-1)

    def forward(self, x):
        logits = self.out(F.relu(self.hidden(x)))
        return logits, self.softmax(logits)

    @torch.no_grad()
    def predict(self, x):
        _, probs = self(x)
        confidence, label = probs.max(dim=-1)
        return label, confidence


torch.manual_seed(0)
model = Classifier(12, 4)
criterion = nn.CrossEntropyLoss(label_smoothing=0.05)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
x, y = torch.randn(128, 12), torch.randint(0, 4, (128,))

for epoch in range(5):
    correct = 0
    for xb, yb in zip(x.split(32), y.split(32)):
        logits, probs = model(xb)
        loss = criterion(logits, yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        correct += (probs.argmax(dim=-1) == yb).sum().item()
    print(epoch, loss.item(), correct / len(x))
print(model.predict(x[:3]))
