"""Attacks with the mistakes that authors of plugins make, and the message about each; None: the result is right."""

import sys
from collections.abc import Callable

import torch
from torch import Tensor


def leaves_ball(loss, x: Tensor, *, eps, **options: object) -> Tensor:
    """Move by ten times the budget."""
    return x + 10 * eps


def writes_into_argument(loss, x: Tensor, *, eps, **options: object) -> Tensor:
    """Work in place on the inputs."""
    return x.add_(10 * eps)


def writes_through_a_view(loss, x: Tensor, *, eps, **options: object) -> Tensor:
    """Work in place on a part of the inputs, and return a new tensor."""
    x[:, :, 0] += 10 * torch.as_tensor(eps).max()
    return x.clone()


def widens_the_budget(loss, x: Tensor, *, eps, **options: object) -> Tensor:
    """Change the budget in place, if it is a tensor."""
    if isinstance(eps, Tensor):
        eps.mul_(10)
    return x + eps


def empties_the_generators(loss, x: Tensor, *, eps, generators=(), **options: object) -> Tensor:
    """Take the generators out of their list."""
    if generators:
        generators.clear()
    return x + eps


def keeps_the_graph(loss, x: Tensor, *, eps, **options: object) -> Tensor:
    """Return a result that is still part of a graph."""
    point = (x.detach() + eps / 2).requires_grad_()
    with torch.enable_grad():
        moved = point + eps / 2 * torch.autograd.grad(loss(point).sum(), point, create_graph=True)[0].sign()
    return moved.clamp_min(0)


def returns_nothing(loss, x: Tensor, *, eps, **options: object) -> None:
    """Forget the return statement."""
    x.add_(eps)


def changes_torch(loss, x: Tensor, *, eps, **options: object) -> Tensor:
    """Leave torch in another state."""
    torch.set_grad_enabled(False)
    torch.set_default_dtype(torch.float64)
    return x + eps


def reaches_through_the_loss(loss, x: Tensor, *, eps, **options: object) -> Tensor:
    """Change the positions and the users that the loss refers to."""
    for value in reachable(loss):
        for tensor in (value, getattr(value, "start", None)):
            if isinstance(tensor, Tensor):
                tensor.add_(0.5)
    return x + eps


def reachable(value: object) -> list[object]:
    """Return what an attack finds in its loss: the variables of functions and the fields of objects."""
    found = [cell.cell_contents for cell in getattr(value, "__closure__", None) or ()]
    if not isinstance(value, Tensor | torch.nn.Module):
        found += [*getattr(value, "__dict__", {}).values(), getattr(value, "__self__", None)]
    return found + [inner for part in found if callable(part) for inner in reachable(part)]


def stops(loss, x: Tensor, *, eps, **options: object) -> Tensor:
    """Take more from an iterator than it has."""
    return x + next(iter([]))


class Own(Tensor):
    """A tensor that could compute norms in its own way."""


def quits(loss, x: Tensor, *, eps, **options: object) -> Tensor:
    """End the program."""
    sys.exit(3)


# name -> attack, message
ATTACKS: dict[str, tuple[Callable, str | None]] = {
    attack.__name__: (attack, None)
    for attack in (
        leaves_ball,
        writes_into_argument,
        writes_through_a_view,
        widens_the_budget,
        empties_the_generators,
        keeps_the_graph,
        changes_torch,
        reaches_through_the_loss,
    )
}
ATTACKS |= {
    "no_number": (lambda loss, x, *, eps, **_: x * float("nan"), r"expected finite values .*; correct its plugin"),
    "infinite": (lambda loss, x, *, eps, **_: x / 0, r"expected finite values .*; correct its plugin"),
    "wrong_shape": (
        lambda loss, x, *, eps, **_: x[..., : x.shape[-1] // 2],
        r"expected shape \(\d+, 1, 8, 8\), .*found shape \(\d+, 1, 8, 4\), .*; correct its plugin",
    ),
    "fewer_users": (lambda loss, x, *, eps, **_: x[1:], r"expected shape .* found shape .*; correct its plugin"),
    "double": (lambda loss, x, *, eps, **_: x.double(), "expected .*, found .* torch.float64, cpu; correct its plugin"),
    "integer": (
        lambda loss, x, *, eps, **_: (100 * x).long(),
        "expected .*, found .* torch.int64, cpu; correct its plugin",
    ),
    "list": (
        lambda loss, x, *, eps, **_: list(x),
        "expected a dense torch.Tensor from the attack, found list; correct its plugin",
    ),
    "array": (
        lambda loss, x, *, eps, **_: x.numpy(),
        "expected a dense torch.Tensor .*, found ndarray; correct its plugin",
    ),
    "sparse": (lambda loss, x, *, eps, **_: x.to_sparse(), "expected a dense .*, found torch.sparse_coo; correct its"),
    "own type": (lambda loss, x, *, eps, **_: x.as_subclass(Own), "expected a dense .*, found Own; correct its plugin"),
    "huge": (
        lambda loss, x, *, eps, **_: x + 1e30,
        r"expected .* with a finite norm .* 1e\+30; correct its",
    ),
    "stops": (stops, r"a plugin or the network raised StopIteration\(\)"),
    "fails": (
        lambda loss, x, *, eps, **_: loss(x[0][5]),
        r"a plugin or the network raised IndexError",
    ),
    "nothing": (returns_nothing, "expected a dense torch.Tensor from the attack, found NoneType; correct its plugin"),
}
