"""enable_grad inside no_grad, self-targets of the trained network (TD learning), a mask from a no_grad pass."""
import torch
import torch.nn.functional as F
from torch import nn

q_net = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 2))
optimizer = torch.optim.Adam(q_net.parameters(), lr=1e-3)


def td_loss(state, action, reward, next_state, gamma=0.9):
    q = q_net(state).gather(1, action.unsqueeze(1)).squeeze(1)
    with torch.no_grad():
        best_next = q_net(next_state).max(dim=1).values
        target = reward + gamma * best_next
    return F.smooth_l1_loss(q, target)


def confident_loss(states):
    with torch.no_grad():
        probabilities = q_net(states).softmax(dim=1)
        confidence, pseudo = probabilities.max(dim=1)
        mask = (confidence > 0.5).float()
    return (F.cross_entropy(q_net(states), pseudo, reduction="none") * mask).mean()


@torch.no_grad()
def run(steps):
    history = []
    for _ in range(steps):
        state, next_state = torch.randn(16, 4), torch.randn(16, 4)
        action, reward = torch.randint(0, 2, (16,)), torch.randn(16)
        with torch.enable_grad():
            loss = td_loss(state, action, reward, next_state) + 0.1 * confident_loss(torch.randn(32, 4))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.append(loss.item())
    return history


torch.manual_seed(0)
print(run(4))
