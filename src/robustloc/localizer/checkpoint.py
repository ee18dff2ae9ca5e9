"""The checkpoint of a localizer: plain tensors, numbers and texts. Reading one runs no code from the file."""

import io
from pathlib import Path

import torch
from torch import nn

from robustloc.base import plugins
from robustloc.base.errors import UserError
from robustloc.localizer.network import Localizer, build, scripted

# raise this number when the content changes, so that old files are refused with a clear message
FORMAT = 2


def save(path: Path, localizer: Localizer, model: dict, shape: tuple[int, int], wrapper: dict | None = None) -> None:
    """Write a checkpoint.

    Args:
        path: path to write.
        localizer: the trained localizer, without a wrapper.
        model, shape: see `robustloc.localizer.network.build`.
        wrapper: the defence that wraps the localizer in use, ``{"plugin": …, "parameters": {…}, "epsilon": …}``; None
            if no defence does.
    """
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in localizer.state_dict().items()}
    _write(path, {"format": FORMAT, "model": model, "shape": list(shape), "state": state, "wrapper": wrapper})


def copy(source: Path, path: Path, shape: tuple[int, int]) -> None:
    """Copy the content of another checkpoint.

    Args:
        source: a checkpoint that `load` accepts.
        path: path to write.
        shape: expected angle bins and delay bins.

    Raises:
        UserError: the checkpoint is for profiles of another shape.
    """
    content = torch.load(source, map_location="cpu", weights_only=True)
    if tuple(content["shape"]) != shape:
        raise UserError(f"expected a network for profiles of shape {shape}, found one for {tuple(content['shape'])}")
    _write(path, {key: content[key] for key in ("format", "model", "shape", "state", "wrapper")})


def _write(path: Path, content: dict) -> None:
    # torch.save writes the file's name into the file, and a temporary name differs each time; a buffer has no name
    buffer = io.BytesIO()
    torch.save(content, buffer)
    path.write_bytes(buffer.getvalue())


def load(path: str | Path, *, bare: bool = False, **changes: object) -> nn.Module:
    """Read a trained localizer, in eval mode. Reading runs no code from the file.

    Args:
        path: a ``checkpoint.pt``.
        bare: return the trained `Localizer`, even if a defence wraps it in use.
        changes: network parameters that replace the values used in training, such as another solver.

    Returns:
        Network: scaled inputs (N, 1, angle bins, delay bins) -> positions (N, 3) [m].

    Raises:
        UserError: there is no such file, the file is not a checkpoint of robustloc, or its weights do not fit.
    """
    if not Path(path).is_file():
        raise UserError(f"{path}: no such file; expected the checkpoint.pt of a trained localizer")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        if content["format"] != FORMAT:
            raise UserError(f"{path}: checkpoint format {content['format']}, expected {FORMAT}; train it again")
        model = content["model"] | {"parameters": content["model"]["parameters"] | changes}
        if (archive := content["state"].get("network.archive")) is not None:
            # the state that is loaded below replaces the position scaling
            localizer = scripted(archive, torch.zeros(1, 3))
        else:
            localizer = build(model, tuple(content["shape"]), torch.zeros(1, 3))
        try:
            localizer.load_state_dict(content["state"])
        except RuntimeError as error:
            raise UserError(f"{path}: the weights do not fit {model}: {error}") from error
    except UserError:
        raise
    except Exception as error:  # torch raises many kinds of errors on damaged files
        raise UserError(f"{path}: not a readable checkpoint ({error}); delete it and train again") from error
    if (wrapper := content["wrapper"]) and not bare:
        defence = plugins.defence(wrapper["plugin"], [], wrapper["parameters"])
        return defence.wrap(localizer, wrapper["epsilon"]).eval()
    return localizer.eval()
