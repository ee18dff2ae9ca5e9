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
    "list": (lambda loss, x, *, eps, **_: list(x), "expected a tensor from the attack, found list; correct its plugin"),
    "array": (lambda loss, x, *, eps, **_: x.numpy(), "expected a tensor .*, found ndarray; correct its plugin"),
    "nothing": (returns_nothing, "expected a tensor from the attack, found NoneType; correct its plugin"),
}
