"""Networks with the mistakes that authors of plugins make."""

import sys
import warnings

import torch
from torch import Tensor, nn


class Net(nn.Module):
    """An honest network: (N, 1, 8, 8) -> (N, 3)."""

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv2d(1, 4, 3, padding=1)
        self.dense = nn.Linear(4 * 64, 3)

    def forward(self, x: Tensor) -> Tensor:
        """Estimate standardised positions."""
        return self.dense(torch.relu(self.convolution(x)).flatten(1))


class WritesIntoInput(Net):
    def forward(self, x: Tensor) -> Tensor:
        """Work in place on the input."""
        return super().forward(x.sub_(0.1))


class WritesThroughAView(Net):
    def forward(self, x: Tensor) -> Tensor:
        """Work in place on a part of the input."""
        x[:, :, 2].mul_(0.5)
        return super().forward(x)


class NormalisesInEvalMode(Net):
    def forward(self, x: Tensor) -> Tensor:
        """Work in place on the input, but only in eval mode."""
        return super().forward(x - 0.1 if self.training else x.sub_(0.1))


class KeepsActivations(Net):
    def forward(self, x: Tensor) -> Tensor:
        """Keep the last activations for a plot."""
        self.last = torch.relu(self.convolution(x))
        return self.dense(self.last.flatten(1))


class OldWeightNorm(Net):
    def __init__(self):
        super().__init__()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            nn.utils.weight_norm(self.convolution)


class Double(Net):
    def forward(self, x: Tensor) -> Tensor:
        """Return double precision."""
        return super().forward(x).double()


# networks whose results are right
RIGHT = [WritesIntoInput, WritesThroughAView, NormalisesInEvalMode, KeepsActivations, OldWeightNorm, Double]


class RemembersInAttribute(Net):
    def __init__(self):
        super().__init__()
        self.mean, self.std = 0.0, 1.0

    def remember(self, x: Tensor, y: Tensor) -> None:
        """Take the statistics of the training users."""
        self.mean, self.std = float(x.mean()), float(x.std())

    def forward(self, x: Tensor) -> Tensor:
        """Standardise the input."""
        return super().forward((x - self.mean) / self.std)


class RemembersInArray(Net):
    def __init__(self):
        super().__init__()
        self.statistics = torch.zeros(()).numpy()

    def remember(self, x: Tensor, y: Tensor) -> None:
        """Take the mean of the training users."""
        self.statistics = x.mean().numpy()

    def forward(self, x: Tensor) -> Tensor:
        """Centre the input."""
        return super().forward(x - float(self.statistics))


class RemembersInPassingBuffer(Net):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(()), persistent=False)

    def remember(self, x: Tensor, y: Tensor) -> None:
        """Take the mean of the training users."""
        self.mean = x.mean()

    def forward(self, x: Tensor) -> Tensor:
        """Centre the input."""
        return super().forward(x - self.mean)


class LayersInAList(Net):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(64, 64), nn.Linear(64, 64)]

    def forward(self, x: Tensor) -> Tensor:
        """Pass through layers that the state dict does not hold."""
        h = x.flatten(2)
        for layer in self.layers:
            h = torch.tanh(layer.to(h.dtype)(h))
        return super().forward(h.view_as(x))


class Grows(Net):
    def __init__(self):
        super().__init__()
        self.register_buffer("known", torch.zeros(0, 64))

    def remember(self, x: Tensor, y: Tensor) -> None:
        """Keep the training users in a buffer of another shape."""
        self.known = x.flatten(1)


class Runs(Net):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        """Put another tensor in the place of the buffer, also in eval mode."""
        self.mean = 0.5 * self.mean + 0.5 * x.detach().mean()
        return super().forward(x - self.mean)


class CountsCalls(Net):
    def __init__(self):
        super().__init__()
        self.calls = 0

    def forward(self, x: Tensor) -> Tensor:
        """Change with the number of training steps."""
        self.calls += self.training
        return super().forward(x) * (1 + self.calls)


# network -> what its checkpoint lacks
UNSAVED = {
    RemembersInAttribute: r"network\.mean \(a plain attribute; use self\.register_buffer\), network\.std",
    RemembersInArray: r"network\.statistics \(a plain attribute",
    RemembersInPassingBuffer: r"network\.mean \(a buffer with persistent=False",
    LayersInAList: r"network\.layers \(layers or weights in a plain container; use nn\.ModuleList",
    CountsCalls: r"network\.calls \(a plain attribute",
}


class Output(Net):
    """A network whose output is changed."""

    def __init__(self, change):
        super().__init__()
        self.change = change

    def forward(self, x: Tensor) -> Tensor:
        """Change the estimates."""
        return self.change(super().forward(x), x)


class Auxiliary(Net):
    def forward(self, x: Tensor) -> Tensor:
        """Return more in training, as networks with auxiliary outputs do."""
        found = super().forward(x)
        return (found, x) if self.training else found


class SinglePrecision(Net):
    def forward(self, x: Tensor) -> Tensor:
        """Add a constant that is no buffer, by a matrix product."""
        return super().forward(x) + x.flatten(1) @ torch.zeros(64, 3)


class ExtraState(Net):
    def get_extra_state(self) -> dict:
        """Add something else than tensors to the state dict."""
        return {"mean": 0.5}

    def set_extra_state(self, state: dict) -> None:
        """Read it."""


class NormalisedFeatures(Net):
    def __init__(self):
        super().__init__()
        self.normalisation = nn.BatchNorm1d(3)

    def forward(self, x: Tensor) -> Tensor:
        """Normalise features without space, which needs two users in training."""
        return self.normalisation(super().forward(x))


class Quits(Net):
    def forward(self, x: Tensor) -> Tensor:
        """End the program in training."""
        return sys.exit(3) if self.training else super().forward(x)


# mistake -> function that builds the network, message
REFUSED = {
    "tuple": (lambda: Output(lambda found, x: (found, x)), r"expected estimates of shape \(2, 3\).*found tuple"),
    "dictionary": (lambda: Output(lambda found, x: {"position": found}), r"expected estimates .*found dict; let the"),
    "two columns": (lambda: Output(lambda found, x: found[:, :2]), r"expected .* \(2, 3\).*found shape \(2, 2\); let"),
    "one column": (lambda: Output(lambda found, x: found[:, :1]), r"expected .* \(2, 3\).*found shape \(2, 1\); let"),
    "integers": (lambda: Output(lambda found, x: found.long()), r"found numbers of type torch\.int64; let the"),
    "squeezed": (lambda: Output(lambda found, x: found.squeeze(0)), r"\(1, 3\) for 1 users, found shape \(3,\); let"),
    "no number": (lambda: Output(lambda found, x: found * torch.nan), "expected estimates that are finite numbers"),
    "no gradient": (lambda: Output(lambda found, x: found.detach()), "no gradient with respect to its input.*remove"),
    "endless slope": (
        lambda: Output(lambda found, x: found + (x - x).sqrt().flatten(1)[:, :3]),
        "gradient with respect to its input is not finite",
    ),
    "fixed batch": (
        lambda: Output(lambda found, x: found + torch.zeros(2, 3)),
        r"expected estimates of shape \(1, 3\)",
    ),
    "extra state": (
        ExtraState,
        r"expected tensors in the state dict, found dict as network\._extra_state; use buffers",
    ),
    "single precision": (SinglePrecision, "cannot compute in double precision.*register constant tensors as buffers"),
}
