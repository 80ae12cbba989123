import torch
from torch import nn


class Autoencoder(nn.Module):
    def __init__(self, dim=32, code=8):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(dim, code), nn.ReLU())
        self.decoder = nn.Linear(code, dim)

    def forward(self, x):
        return self.decoder(self.encoder(x))


def main():
    torch.manual_seed(0)
    model = Autoencoder()
    codes = []

    def collect(module, inputs, output):
        codes.append(output)  # expect: ACT303

    handle = model.encoder.register_forward_hook(collect)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    mse = nn.MSELoss()
    for epoch in range(3):
        for _ in range(5):
            x = torch.rand(16, 32)
            reconstruction = model(x)
            sparsity = codes[-1].abs().mean()
            loss = mse(reconstruction, x) + 1e-2 * sparsity
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch}: loss {loss.item():.4f}, stored {len(codes)}")
    handle.remove()


if __name__ == "__main__":
    main()
