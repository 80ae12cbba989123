"""Two-layer graph network: dropout imported by name and called in a helper method, without `training`."""
import torch
from torch import nn
from torch.nn.functional import cross_entropy, dropout, relu


class GraphConv(nn.Module):
    def __init__(self, width, outputs):
        super().__init__()
        self.linear = nn.Linear(width, outputs, bias=False)

    def forward(self, x, adjacency):
        return adjacency @ self.linear(x)


class GCN(nn.Module):
    def __init__(self, width, hidden, classes, p=0.5):
        super().__init__()
        self.conv1 = GraphConv(width, hidden)
        self.conv2 = GraphConv(hidden, classes)
        self.p = p

    def _hidden(self, x, adjacency):
        h = relu(self.conv1(x, adjacency))
        return dropout(h, p=self.p)  # expect: ACT317

    def forward(self, x, adjacency):
        return self.conv2(self._hidden(x, adjacency), adjacency)


torch.manual_seed(0)
nodes = 40
edges = (torch.rand(nodes, nodes) < 0.1).float()
adjacency = (edges + edges.t()).clamp(max=1.0) + torch.eye(nodes)
adjacency = adjacency / adjacency.sum(dim=1, keepdim=True)
x, y = torch.randn(nodes, 12), torch.randint(0, 3, (nodes,))

model = GCN(12, 16, 3)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=5e-4)
for epoch in range(20):
    model.train()
    optimizer.zero_grad()
    loss = cross_entropy(model(x, adjacency)[:30], y[:30])
    loss.backward()
    optimizer.step()

model.eval()
with torch.no_grad():
    accuracy = (model(x, adjacency).argmax(dim=1)[30:] == y[30:]).float().mean()
print("held-out accuracy %.2f" % accuracy.item())
