"""Hooks registered in every iteration, but removed in the same one: try/finally, a context manager, a drained list."""
import contextlib

import torch
import torch.nn as nn
import torch.nn.functional as F


@contextlib.contextmanager
def captured(layer):
    store = {}
    handle = layer.register_forward_hook(lambda m, i, o: store.update(out=o))
    try:
        yield store
    finally:
        handle.remove()


def forward_with_features(net, x):
    found = {}

    def save(module, inputs, output):
        found["h"] = output

    handle = net[1].register_forward_hook(save)
    try:
        return net(x), found["h"]
    finally:
        handle.remove()


net = nn.Sequential(nn.Linear(5, 10), nn.Tanh(), nn.Linear(10, 2))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(4):
    x, y = torch.randn(8, 5), torch.randint(0, 2, (8,))
    if step % 2:
        with captured(net[1]) as store:
            logits = net(x)
        hidden = store["out"]
    else:
        logits, hidden = forward_with_features(net, x)
    handles = [net[0].register_full_backward_hook(lambda m, gi, go: print("grad", go[0].norm().item()))]
    loss = F.cross_entropy(logits, y) + 0.01 * hidden.pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    for handle in handles:
        handle.remove()
print(len(net[1]._forward_hooks), len(net[0]._backward_hooks))
