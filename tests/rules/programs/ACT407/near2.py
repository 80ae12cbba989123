"""Two views in one batch: one call, whose halves are compared; next to a VQ commitment and an in-batch triplet."""
import torch
import torch.nn.functional as F
from torch import nn


class Quantizer(nn.Module):
    def __init__(self, codes, size):
        super().__init__()
        self.codebook = nn.Embedding(codes, size)

    def forward(self, z):
        nearest = torch.cdist(z, self.codebook.weight).argmin(dim=1)
        quantized = self.codebook(nearest)
        vq_loss = F.mse_loss(quantized, z.detach()) + 0.25 * F.mse_loss(z, quantized.detach())
        return z + (quantized - z).detach(), vq_loss


def consistency(embeddings):
    first, second = embeddings.chunk(2)
    return F.mse_loss(first, second)


def in_batch_triplet(embeddings, margin=0.5):
    anchor, positive = embeddings.chunk(2, dim=0)
    negative = positive.roll(1, dims=0)
    return F.triplet_margin_loss(anchor, positive, negative, margin=margin)


torch.manual_seed(0)
encoder = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 6))
decoder = nn.Linear(6, 10)
quantizer = Quantizer(16, 6)
parameters = [p for m in (encoder, decoder, quantizer) for p in m.parameters()]
optimizer = torch.optim.Adam(parameters, lr=1e-3)
data = torch.randn(64, 10)

for _ in range(10):
    views = torch.cat([data + 0.1 * torch.randn_like(data), data + 0.1 * torch.randn_like(data)])
    z = encoder(views)
    quantized, vq_loss = quantizer(z)
    loss = F.mse_loss(decoder(quantized), views) + vq_loss + consistency(z) + in_batch_triplet(z)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss.item())
