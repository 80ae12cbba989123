# %%
import torch
from torch.nn import Linear, Module, ReLU, Sequential
from torch.nn.functional import mse_loss

torch.manual_seed(0)


# %%
class Surrogate(Module):
    def __init__(self, n=6):
        super().__init__()
        self.net = Sequential(Linear(n, 20), ReLU(), Linear(20, 1))

    def forward(self, x):
        return self.net(x).squeeze(-1)


def physics_residual(prediction, x):
    exact = torch.sin(x).sum(dim=-1)
    values = prediction.data
    return mse_loss(values, exact)


# %%
x_train = torch.randn(64, 6)
surrogate = Surrogate()
lbfgs = torch.optim.LBFGS(surrogate.parameters(), lr=0.1, max_iter=5)


# %%
def closure():
    lbfgs.zero_grad()
    out = surrogate(x_train)
    residual = physics_residual(out, x_train)
    residual.requires_grad_()  # expect: ACT308
    residual.backward()
    return residual


# %%
for it in range(3):
    value = lbfgs.step(closure)
    print(it, float(value))
