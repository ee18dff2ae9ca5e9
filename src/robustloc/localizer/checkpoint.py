"""A localizer's file: plain tensors, numbers and texts, read without running any code from it."""

import io
from pathlib import Path

import torch
from torch import nn

from robustloc.base import plugins
from robustloc.base.errors import UserError
from robustloc.localizer.network import Localizer, build, scripted

FORMAT = 2


def save(path: Path, localizer: Localizer, model: dict, shape: tuple[int, int], wrapper: dict | None = None) -> None:
    """Write a checkpoint of plain tensors, numbers and texts.

    Args:
        path: where to.
        localizer: trained, as it is without a wrapper.
        model, shape: see `build`.
        wrapper: the defence that wraps the localizer where it is used,
            ``{"plugin": …, "parameters": {…}, "epsilon": …}``, if one does.
    """
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in localizer.state_dict().items()}
    _write(path, {"format": FORMAT, "model": model, "shape": list(shape), "state": state, "wrapper": wrapper})


def copy(source: Path, path: Path, shape: tuple[int, int]) -> None:
    """Write the content of another checkpoint.

    Raises:
        UserError: it is for profiles of another shape.
    """
    content = torch.load(source, map_location="cpu", weights_only=True)
    if tuple(content["shape"]) != shape:
        raise UserError(f"expected a network for profiles of shape {shape}, found one for {tuple(content['shape'])}")
    _write(path, {key: content[key] for key in ("format", "model", "shape", "state", "wrapper")})


def _write(path: Path, content: dict) -> None:
    buffer = io.BytesIO()  # torch.save puts the file's own name into the file, and a temporary name differs each time
    torch.save(content, buffer)
    path.write_bytes(buffer.getvalue())


def load(path: str | Path, *, bare: bool = False, **changes: object) -> nn.Module:
    """Read a trained localizer, in eval mode, without running any code from its file.

    Args:
        path: a ``checkpoint.pt``.
        bare: the `Localizer` that was trained, even if a defence wraps it where it is used.
        changes: parameters of the network other than it was trained with, such as another solver.

    Returns:
        Scaled inputs (N, 1, angle bins, delay bins) -> positions (N, 3) [m].

    Raises:
        UserError: there is no such file, or it is not a checkpoint of this program.
    """
    if not Path(path).is_file():
        raise UserError(f"{path}: no such file; expected the checkpoint.pt of a trained localizer")
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
