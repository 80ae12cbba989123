"""Lambdas whose body returns None, and a hook with an early bare return."""
import torch
from torch import nn


def limited(store, limit):
    def hook(module, inputs, output):
        if len(store) >= limit:
            return
        store.append(output.detach().mean().item())

    return hook


def scaled(store):
    def hook(module, inputs, output):
        def centre(t):
            return t.detach() - t.detach().mean()

        store["centred"] = centre(output)
        return None

    return hook


torch.manual_seed(0)
net = nn.Sequential(nn.Linear(6, 10), nn.ReLU(), nn.Linear(10, 10), nn.ReLU(), nn.Linear(10, 2))
acts, means, seen = {}, [], set()
handles = [
    net[1].register_forward_hook(lambda m, i, o: acts.update(first=o)),
    net[3].register_forward_hook(lambda m, i, o: acts.__setitem__("second", o)),
    net[0].register_forward_hook(lambda m, i, o: seen.add(tuple(o.shape))),
    net[2].register_forward_hook(limited(means, limit=3)),
    net[2].register_forward_hook(scaled(acts)),
]
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
criterion = nn.CrossEntropyLoss()
for step in range(5):
    logits = net(torch.randn(8, 6))
    sparsity = acts["first"].abs().mean() + acts["second"].abs().mean()
    loss = criterion(logits, torch.randint(0, 2, (8,))) + 0.01 * sparsity
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(step, loss.item(), acts["centred"].std().item())
print(seen, means)
for handle in handles:
    handle.remove()
