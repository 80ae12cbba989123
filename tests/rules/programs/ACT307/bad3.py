"""Deeply supervised segmentation net: auxiliary heads on every decoder level."""
import torch
from torch import nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset


class TinyUNet(nn.Module):
    def __init__(self, classes=3):
        super().__init__()
        self.down1 = nn.Conv2d(1, 8, 3, padding=1)
        self.down2 = nn.Conv2d(8, 16, 3, stride=2, padding=1)
        self.up = nn.ConvTranspose2d(16, 8, 2, stride=2)
        self.aux_heads = nn.ModuleDict({"low": nn.Conv2d(16, classes, 1), "mid": nn.Conv2d(8, classes, 1)})
        self.head = nn.Conv2d(8, classes, 1)

    def forward(self, x):
        a = F.relu(self.down1(x))
        b = F.relu(self.down2(a))
        c = F.relu(self.up(b)) + a
        return self.head(c), {"low": self.aux_heads["low"](b), "mid": self.aux_heads["mid"](c)}


class Segmenter:
    def __init__(self, net, lr=1e-2, aux_weight=0.4):
        self.net = net
        self.aux_weight = aux_weight
        self.opt = torch.optim.Adam(net.parameters(), lr=lr)

    def criterion(self, logits, mask):
        if logits.shape[-2:] != mask.shape[-2:]:
            logits = F.interpolate(logits, size=mask.shape[-2:], mode="bilinear", align_corners=False)
        return F.cross_entropy(logits, mask)

    def training_step(self, batch):
        image, mask = batch
        logits, aux_logits = self.net(image)
        main = self.criterion(logits, mask)
        aux_losses = {k: self.criterion(v, mask) for k, v in aux_logits.items()}
        aux = sum(v.item() for v in aux_losses.values())  # expect: ACT307
        return main + self.aux_weight * aux

    def fit(self, loader, epochs=2):
        for epoch in range(epochs):
            for batch in loader:
                loss = self.training_step(batch)
                self.opt.zero_grad()
                loss.backward()
                self.opt.step()
            print(epoch, loss.item())


if __name__ == "__main__":
    torch.manual_seed(0)
    images = torch.randn(16, 1, 16, 16)
    masks = (images[:, 0] > 0).long()
    Segmenter(TinyUNet()).fit(DataLoader(TensorDataset(images, masks), batch_size=4))
