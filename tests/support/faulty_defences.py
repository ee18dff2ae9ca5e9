"""Defences with the mistakes that authors of plugins make, and the message about each."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from robustloc.defences.parts.base import Defence, mean_distance


def made(**methods: object) -> Callable[[], Defence]:
    """Return the ``build`` of a defence with these methods."""
    return type("Own", (Defence,), methods)


def result(method: str, change: Callable) -> Callable[[], Defence]:
    """Return the ``build`` of a defence that returns something else from one of its methods."""
    honest = getattr(Defence, method)
    return made(**{method: lambda self, *given: change(honest(self, *given))})


class Columns(nn.Module):
    """A wrapper with two coordinates."""

    def __init__(self, localizer: nn.Module):
        super().__init__()
        self.localizer = localizer

    def forward(self, x: Tensor) -> Tensor:
        """Estimate x and y."""
        return self.localizer(x)[:, :2]


class Constant(Columns):
    def forward(self, x: Tensor) -> Tensor:
        """Estimate without a gradient."""
        return self.localizer(x).detach()


class Clamped(Columns):
    def forward(self, x: Tensor) -> Tensor:
        """Work in place on the input."""
        return self.localizer(x.clamp_(0.2, 0.5))


class Plain:
    """An object with a loss that is no Defence."""

    def loss(self, localizer: nn.Module, x: Tensor, y: Tensor, *rest: object) -> Tensor:
        """Return the mean distance."""
        return mean_distance(localizer(x), y)


# mistake -> build of the defence, message
REFUSED = {
    "no defence": (lambda: Plain(), "expected a Defence from the defence's build(), found Plain; return it"),
    "nothing": (lambda: None, "expected a Defence from the defence's build(), found NoneType"),
    "class": (lambda: made(), "expected a Defence from the defence's build(), found type"),
    "arguments": (
        made(loss=lambda self, localizer, x, y: None),
        "defence's loss() to take localizer, x, y, eps, generat",
    ),
    "no repeats": (made(repeats=0), "expected a whole number of at least 1 as the defence's repeats, found 0"),
    "half repeats": (made(repeats=2.0), "expected a whole number of at least 1 as the defence's repeats, found 2.0"),
    "wrapper of nothing": (
        made(wrap=lambda *_: None),
        "an nn.Module from the defence's wrap(), found NoneType; return",
    ),
    "function as wrapper": (made(wrap=lambda _, f, eps: lambda x: f(x)), "from the defence's wrap(), found function"),
    "wrapper of two columns": (
        made(wrap=lambda _, f, eps: Columns(f)),
        "defences: own: expected estimates of shape (1, 3)",
    ),
    "wrapper without gradient": (
        made(wrap=lambda _, f, eps: Constant(f)),
        "defences: own: the network has no gradient",
    ),
    "no users": (result("on_training_set", lambda pair: None), "defence's on_training_set(), such as"),
    "empty": (result("on_training_set", lambda pair: (pair[0][:0], pair[1][:0])), "found shape (0, 1, 8, 8), torch.fl"),
    "more positions": (
        result("on_training_set", lambda pair: (pair[0], torch.cat([pair[1]] * 2))),
        "found shape (12, 1",
    ),
    "one column": (result("on_training_set", lambda pair: (pair[0], pair[1][:, :1])), "shape (12, 1), torch.float32"),
    "arrays": (result("on_training_set", lambda pair: (pair[0].numpy(), pair[1].numpy())), "found ndarray and ndarray"),
    "double": (
        result("on_training_set", lambda pair: (pair[0].double(), pair[1])),
        "found shape (12, 1, 8, 8), torch.fl",
    ),
    "no number": (result("on_training_set", lambda pair: (pair[0] / 0, pair[1])), "torch.float32, not all finite"),
    "batch of one column": (
        result("on_batch", lambda pair: (pair[0], pair[1][:, :1])),
        "expected positions of shape (8, 3)",
    ),
    "batch of one position": (
        result("on_batch", lambda pair: (pair[0], pair[1].mean(0))),
        "expected positions of shape",
    ),
    "batch of nothing": (result("on_batch", lambda pair: None), "a plugin or the network raised TypeError"),
    "loss of nothing": (
        result("loss", lambda loss: None),
        "one number from the defence's loss(), found NoneType; return it",
    ),
    "loss as float": (result("loss", Tensor.item), "one number from the defence's loss(), found float; return it"),
    "losses": (
        result("loss", lambda loss: loss * torch.ones(8)),
        "from the defence's loss(), found shape (8,), torch.float32",
    ),
    "detached": (
        result("loss", lambda loss: loss.detach()),
        "expected a loss with a gradient from the defence's loss()",
    ),
    "score as float": (result("score", Tensor.item), "one number from the defence's score(), found float; return it"),
    "stops": (result("on_batch", lambda pair: next(iter([]))), "a plugin or the network raised StopIteration()"),
    "stops in validation": (
        result("score", lambda _: next(iter([]))),
        "a plugin or the network raised StopIteration()",
    ),
    "fails after backward": (made(after_backward=lambda self: {}[0]), "a plugin or the network raised KeyError(0)"),
}
