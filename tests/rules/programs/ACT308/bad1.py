import torch
import torch.nn as nn


class MetricModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(12, 24), nn.ReLU(), nn.Linear(24, 8))

    def forward(self, x):
        return self.embed(x).detach()


class Trainer:
    def __init__(self, model, margin=0.5, lr=1e-3):
        self.model = model
        self.criterion = nn.TripletMarginLoss(margin=margin)
        self.optimizer = torch.optim.Adam(model.parameters(), lr=lr)
        self.history = []

    def run_epoch(self, batches):
        running = 0.0
        for anchor, positive, negative in batches:
            self.optimizer.zero_grad()
            embeddings = [self.model(t) for t in (anchor, positive, negative)]
            loss = self.criterion(*embeddings)
            loss.requires_grad = True  # expect: ACT308
            loss.backward()
            self.optimizer.step()
            running += loss.item()
        self.history.append(running / len(batches))

    def fit(self, batches, epochs):
        for epoch in range(epochs):
            self.run_epoch(batches)
            print(f"epoch {epoch + 1}/{epochs}: {self.history[-1]:.4f}")


if __name__ == "__main__":
    torch.manual_seed(0)
    batches = [tuple(torch.randn(8, 12) for _ in range(3)) for _ in range(4)]
    Trainer(MetricModel()).fit(batches, epochs=3)
