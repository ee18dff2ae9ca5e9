"""Take one localizer from a file without training: TorchScript or a checkpoint of robustloc -> checkpoint."""

import pandas as pd
import torch

from robustloc.base.errors import UserError
from robustloc.base.files import Files
from robustloc.data.dataset import Manifest
from robustloc.localizer.adoption import adopt
from robustloc.localizer.hyperparameters import LOGGED

INPUTS = ("manifest", "split", "shards", "file")
OUTPUTS = ("checkpoint", "log")
# number of users that test whether the network runs
TRIED = 3


def run(config: dict, inputs: Files, outputs: Files) -> None:
    """Copy the network into a checkpoint; the log of its training has no rows."""
    manifest = Manifest.read(inputs.one("manifest"))
    (users,) = manifest.parts("train")
    some, position = torch.from_numpy(manifest.inputs(users[:TRIED])), torch.from_numpy(users.position).float()
    try:
        adopt(inputs.one("file"), outputs.one("checkpoint"), some, position)
    except UserError as error:
        raise UserError(f"models.{config['cell']['model']}.file: {error}") from error
    pd.DataFrame(columns=LOGGED).to_csv(outputs.one("log"), index=False)
