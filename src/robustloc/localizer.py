"""A localizer: a network with the scaling of its positions, from scaled ADPs to metres, and its file."""

import io
from pathlib import Path

import torch
from torch import Tensor, nn

from robustloc import plugins
from robustloc.errors import UserError

FORMAT = 1


class Localizer(nn.Module):
    """Position estimate of any network.

    Positions are standardised inside, by one scalar for all axes (user heights are constant, so a scale per axis
    would be zero), and gradients pass through it.

    Args:
        network: (N, 1, angle bins, delay bins) -> (N, 3), about zero mean and unit size.
        center: (3,) mean position of the training users [m].
        spread: root mean square distance of the training users from it [m].
    """

    def __init__(self, network: nn.Module, center: Tensor, spread: float):
        super().__init__()
        self.network = network
        self.register_buffer("center", center.float())
        self.register_buffer("spread", torch.tensor(float(spread)))

    def forward(self, x: Tensor) -> Tensor:
        """Estimate positions [m]: (N, 1, angle bins, delay bins) -> (N, 3)."""
        return self.center + self.spread * self.network(x)


def build(model: dict, shape: tuple[int, int], center: Tensor, spread: float) -> Localizer:
    """Build an untrained localizer.

    Args:
        model: the plugin's name and parameters, ``{"plugin": …, "parameters": {…}}``.
        shape: angle bins and delay bins.
        center, spread: see `Localizer`.

    Raises:
        UserError: the plugin refuses a parameter, or does not give three coordinates per user.
    """
    network = plugins.build("models", model["plugin"], (1, *shape), **model["parameters"])
    with torch.no_grad():
        found = tuple(network.eval()(torch.zeros(2, 1, *shape)).shape)
    if found != (2, 3):  # (2, 1) would otherwise broadcast against the positions without a word
        raise UserError(f"models: {model['plugin']}: expected an output of shape (2, 3) for two users, found {found}")
    return Localizer(network.train(), center, spread)


def save(path: Path, localizer: Localizer, model: dict, shape: tuple[int, int], made_from: dict) -> None:
    """Write a checkpoint of plain tensors, numbers and texts."""
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in localizer.state_dict().items()}
    content = {"format": FORMAT, "model": model, "shape": list(shape), "state": state, "record": made_from}
    buffer = io.BytesIO()  # torch.save puts the file's own name into the file, and a temporary name differs each time
    torch.save(content, buffer)
    path.write_bytes(buffer.getvalue())


def load(path: Path, **changes: object) -> Localizer:
    """Read a checkpoint, without running any code from it; in eval mode.

    Args:
        path: the file.
        changes: parameters of the network other than it was trained with, such as another solver.

    Raises:
        UserError: not a checkpoint of this program.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        if content["format"] != FORMAT:
            raise UserError(f"{path}: checkpoint format {content['format']}, expected {FORMAT}; train it again")
        model = content["model"] | {"parameters": content["model"]["parameters"] | changes}
        localizer = build(model, tuple(content["shape"]), torch.zeros(3), 1.0)
        localizer.load_state_dict(content["state"])
    except UserError:
        raise
    except Exception as error:  # torch raises many kinds on damaged files
        raise UserError(f"{path}: not a readable checkpoint ({error}); delete it and train again") from error
    return localizer.eval()
