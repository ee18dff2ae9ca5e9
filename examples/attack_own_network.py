"""Attack a network of your own. Run this file as a program, or cell by cell as a notebook (Jupytext, VS Code)."""

# %% your network: any inputs (N, …) -> positions (N, 3) [m]; your inputs and true positions
import torch

import robustloc as rl

network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 3))
x, position = torch.rand(100, 1, 8, 8), 10 * torch.rand(100, 3)

# %% move every input by at most 0.01 (linf), so that the estimates leave the true positions
moved = rl.attack(network, x, position, "apgd", eps=0.01)

# %% compare the position errors [m]
clean, attacked = (rl.position_error(network(inputs), position) for inputs in (x, moved))
print(f"mean position error: {clean.mean():.3f} m without attack, {attacked.mean():.3f} m under attack")
