"""In-place ops are around, but no captured tensor is overwritten after its capture."""
import torch
from torch import nn
import torch.nn.functional as F


class Block(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(cout)
        self.act = nn.ReLU(inplace=True)
        self.mix = nn.Conv2d(cout, cout, 1)
        self.skip = nn.Conv2d(cin, cout, 1)

    def forward(self, x):
        out = self.act(self.bn(self.conv(x)))   # BN makes a new tensor; ReLU overwrites BN's, not conv's
        out = self.mix(out)
        out = out + self.skip(x)                # out of place
        return F.relu(out)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.block = Block(3, 12)
        self.head = nn.Sequential(nn.Linear(12, 16), nn.ReLU(inplace=True), nn.Dropout(0.1), nn.Linear(16, 4))

    def forward(self, x):
        pooled = self.block(x).mean(dim=(2, 3))
        return self.head(pooled)


def keep(store, name, clone=False):
    def hook(module, args, output):
        store[name] = output.clone() if clone else output
    return hook


def keep_clone(store, name):
    def hook(module, args, output):
        store[name] = output.clone()
    return hook


def main():
    torch.manual_seed(0)
    net, acts = Net(), {}
    net.block.conv.register_forward_hook(keep(acts, "conv"))       # followed by BN, not in place
    net.block.act.register_forward_hook(keep(acts, "act"))         # the in-place module itself
    net.block.mix.register_forward_hook(keep(acts, "mix"))         # followed by out-of-place +
    net.head[1].register_forward_hook(keep(acts, "hidden"))        # ReLU, then Dropout (not in place)
    net.head[0].register_forward_hook(keep_clone(acts, "pre"))     # in-place ReLU follows, but cloned
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    for step in range(5):
        x, y = torch.randn(8, 3, 8, 8), torch.randint(0, 4, (8,))
        logits = net(x)
        reg = sum(acts[k].pow(2).mean() for k in ("conv", "mix", "pre")) + acts["hidden"].mean()
        loss = F.cross_entropy(logits, y) + 1e-3 * reg + 1e-3 * acts["act"].mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, loss.item(), bool((acts["pre"] < 0).any()))


if __name__ == "__main__":
    main()
