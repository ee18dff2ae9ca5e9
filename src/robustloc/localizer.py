"""A localizer: a network with the scaling of its positions, from scaled ADPs to metres, and its file."""

import io
from pathlib import Path

import torch
from torch import Tensor, nn

from robustloc import plugins, torchscript
from robustloc.errors import UserError

FORMAT = 2


class Localizer(nn.Module):
    """Position estimate of any network.

    Positions are standardised inside, by one scalar for all axes (user heights are constant, so a scale per axis
    would be zero), and gradients pass through it.

    Args:
        network: (N, 1, angle bins, delay bins) -> (N, 3), about zero mean and unit size.
        center: (3,) mean position of the training users [m].
        spread: root mean square distance of the training users from it [m].
        area: (2, 3) smallest and largest coordinates of the training users [m].
    """

    def __init__(self, network: nn.Module, center: Tensor, spread: float, area: Tensor):
        super().__init__()
        self.network = network
        self.register_buffer("center", center.float())
        self.register_buffer("spread", torch.tensor(float(spread)))
        self.register_buffer("area", area.float())

    def forward(self, x: Tensor) -> Tensor:
        """Estimate positions [m]: (N, 1, angle bins, delay bins) -> (N, 3)."""
        return self.center + self.spread * self.network(x)


class InMetres(Localizer):
    """Position estimate of a network of other origin, which gives metres itself."""

    def forward(self, x: Tensor) -> Tensor:
        """Estimate positions [m]: (N, 1, angle bins, delay bins) -> (N, 3)."""
        return self.network(x)


def build(model: dict, shape: tuple[int, int], position: Tensor) -> Localizer:
    """Build an untrained localizer.

    Args:
        model: the plugin's name and parameters, ``{"plugin": …, "parameters": {…}}``.
        shape: angle bins and delay bins.
        position: (N, 3) of the training users [m].

    Raises:
        UserError: the plugin refuses a parameter, or does not give three coordinates per user.
    """
    network = plugins.build("models", model["plugin"], (1, *shape), **model["parameters"])
    with torch.no_grad():
        found = tuple(network.eval()(torch.zeros(2, 1, *shape)).shape)
    if found != (2, 3):  # (2, 1) would otherwise broadcast against the positions without a word
        raise UserError(f"models: {model['plugin']}: expected an output of shape (2, 3) for two users, found {found}")
    return _of(Localizer, network.train(), position)


def scripted(archive: Tensor, position: Tensor) -> Localizer:
    """Make a localizer of a TorchScript file.

    Args:
        archive: (bytes,) uint8, its content: scaled inputs (N, 1, angle bins, delay bins) -> positions (N, 3) [m].
        position: (N, 3) of the training users [m].

    Raises:
        UserError: not readable.
    """
    return _of(InMetres, torchscript.Script(archive), position)


def _of(kind: type[Localizer], network: nn.Module, position: Tensor) -> Localizer:
    center = position.mean(dim=0)
    spread = ((position - center) ** 2).sum(dim=1).mean().sqrt()
    area = torch.stack([position.amin(dim=0), position.amax(dim=0)])
    return kind(network, center, spread, area)


def save(
    path: Path, localizer: Localizer, model: dict, shape: tuple[int, int], made_from: dict, wrapper: dict | None = None
) -> None:
    """Write a checkpoint of plain tensors, numbers and texts.

    Args:
        path: where to.
        localizer: trained, as it is without a wrapper.
        model, shape: see `build`.
        made_from: record of the job.
        wrapper: the defence that wraps the localizer where it is used,
            ``{"plugin": …, "parameters": {…}, "epsilon": …}``, if one does.
    """
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in localizer.state_dict().items()}
    content = {"format": FORMAT, "model": model, "shape": list(shape), "state": state, "wrapper": wrapper}
    _write(path, content | {"record": made_from})


def copy(source: Path, path: Path, shape: tuple[int, int], made_from: dict) -> None:
    """Write what another checkpoint holds, with a record of this job.

    Raises:
        UserError: it is of profiles of another shape.
    """
    content = torch.load(source, map_location="cpu", weights_only=True)
    if tuple(content["shape"]) != shape:
        raise UserError(f"expected a network for profiles of shape {shape}, found one for {tuple(content['shape'])}")
    _write(path, content | {"record": made_from})


def _write(path: Path, content: dict) -> None:
    buffer = io.BytesIO()  # torch.save puts the file's own name into the file, and a temporary name differs each time
    torch.save(content, buffer)
    path.write_bytes(buffer.getvalue())


def load(path: Path, *, bare: bool = False, **changes: object) -> nn.Module:
    """Read a checkpoint, without running any code from it; in eval mode.

    Args:
        path: the file.
        bare: the `Localizer` that was trained, even if a defence wraps it where it is used.
        changes: parameters of the network other than it was trained with, such as another solver.

    Returns:
        Scaled inputs (N, 1, angle bins, delay bins) -> positions (N, 3) [m].

    Raises:
        UserError: not a checkpoint of this program.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        if content["format"] != FORMAT:
            raise UserError(f"{path}: checkpoint format {content['format']}, expected {FORMAT}; train it again")
        model = content["model"] | {"parameters": content["model"]["parameters"] | changes}
        if (archive := content["state"].get("network.archive")) is not None:
            localizer = scripted(archive, torch.zeros(1, 3))
        else:
            localizer = build(model, tuple(content["shape"]), torch.zeros(1, 3))
        try:
            localizer.load_state_dict(content["state"])
        except RuntimeError as error:
            raise UserError(f"{path}: the weights do not fit {model}: {error}") from error
    except UserError:
        raise
    except Exception as error:  # torch raises many kinds on damaged files
        raise UserError(f"{path}: not a readable checkpoint ({error}); delete it and train again") from error
    if (wrapper := content["wrapper"]) and not bare:
        defence = plugins.defence(wrapper["plugin"], [], wrapper["parameters"])
        return defence.wrap(localizer, wrapper["epsilon"]).eval()
    return localizer.eval()
