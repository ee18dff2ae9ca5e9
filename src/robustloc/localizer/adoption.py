"""Use a localizer from a file without training: TorchScript, or a checkpoint of another run."""

from pathlib import Path

import torch
from torch import Tensor

from robustloc.base.errors import UserError
from robustloc.localizer import contract, model_file
from robustloc.localizer.checkpoint import copy, load, save
from robustloc.localizer.network import scripted


def adopt(file: Path, checkpoint: Path, x: Tensor, position: Tensor) -> None:
    """Copy the network of a file into a checkpoint, and check that attacks can use it.

    Args:
        file: TorchScript or a checkpoint of robustloc.
        checkpoint: path to write.
        x: (3, 1, angle bins, delay bins) scaled inputs of three users; the check runs the network on them.
        position: (M, 3) positions of the training users [m].

    Raises:
        UserError: the file is damaged, is for profiles of another shape, or holds a network that attacks and verdicts
            cannot use. The message names the file.
    """
    shape, is_checkpoint = tuple(x.shape[2:]), model_file.described(file)["is_checkpoint"]
    if is_checkpoint:
        load(file)  # its messages name the file; inside the try below they would name it twice
    try:
        if is_checkpoint:
            copy(file, checkpoint, shape)
        else:
            archive = torch.frombuffer(bytearray(file.read_bytes()), dtype=torch.uint8)
            save(checkpoint, scripted(archive, position), {"plugin": model_file.SCRIPT, "parameters": {}}, shape)
        contract.check(load(checkpoint), x)
    except UserError as error:
        raise UserError(f"{file}: {error}") from error
