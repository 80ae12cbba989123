"""Hooks that return None, and hooks that replace the output on purpose."""
import torch
from torch import nn
import torch.nn.functional as F


class LoRA(nn.Module):
    def __init__(self, layer, rank=2):
        super().__init__()
        self.down = nn.Linear(layer.in_features, rank, bias=False)
        self.up = nn.Linear(rank, layer.out_features, bias=False)
        nn.init.zeros_(self.up.weight)

    def hook(self, module, inputs, output):
        return output + self.up(self.down(inputs[0]))       # deliberate delta


def add_noise(module, inputs):
    if module.training:
        return (inputs[0] + 0.01 * torch.randn_like(inputs[0]),)


def main():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 3))
    mask = (torch.rand(16) > 0.2).float()
    acts, sizes, seen = {}, [], set()

    def record(module, inputs, output):
        acts["second"] = output
        if output.requires_grad:
            return                                          # bare return: None
        acts["eval"] = output.detach()

    net[1].register_forward_hook(lambda m, i, o: acts.__setitem__("relu", o))
    net[1].register_forward_hook(lambda m, i, o: acts.update({"stat": o.detach().mean()}))
    net[2].register_forward_hook(lambda m, i, o: sizes.append(tuple(o.shape)))
    net[2].register_forward_hook(lambda m, i, o: seen.add(type(m).__name__))
    net[3].register_forward_hook(record)
    net[1].register_forward_hook(lambda m, i, o: F.dropout(o, 0.1, training=m.training))
    net[3].register_forward_hook(lambda m, i, o: o * mask)
    net[4].register_forward_pre_hook(add_noise)
    lora = LoRA(net[4])
    net[4].register_forward_hook(lora.hook)

    optimizer = torch.optim.Adam([*net.parameters(), *lora.parameters()], lr=1e-2)
    for step in range(10):
        sizes.clear()
        x = torch.randn(16, 6)
        loss = F.cross_entropy(net(x), x[:, :3].argmax(1)) + 1e-3 * acts["relu"].abs().mean()
        loss = loss + 1e-3 * acts["second"].pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(loss.item(), sizes, seen, acts["stat"].item())


if __name__ == "__main__":
    main()
