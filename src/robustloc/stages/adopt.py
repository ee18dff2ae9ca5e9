"""Take one localizer from a file as it is, TorchScript or a checkpoint of robustloc -> checkpoint."""

import pandas as pd
import torch

from robustloc.base.errors import UserError
from robustloc.data.dataset import Manifest
from robustloc.jobs.job import Job, run
from robustloc.localizer import model_file, torchscript
from robustloc.localizer.checkpoint import copy, load, save
from robustloc.localizer.hyperparameters import LOGGED
from robustloc.localizer.network import scripted

# users that the network is tried on
TRIED = 3


def main(job: Job) -> None:
    """Copy the file into a checkpoint, and hold the localizer in it to what attacks need."""
    file, checkpoint, made_from = job.input("file"), job.output("checkpoint"), job.record()
    manifest = Manifest.read(job.input("manifest"))
    (users,) = manifest.parts("train")
    is_checkpoint = model_file.described(file)["is_checkpoint"]
    if is_checkpoint:
        load(file)  # says what is wrong with it
    try:
        if is_checkpoint:
            copy(file, checkpoint, manifest.shape, made_from)
        else:
            archive = torch.frombuffer(bytearray(file.read_bytes()), dtype=torch.uint8)
            made = scripted(archive, torch.from_numpy(users.position).float())
            model = {"plugin": model_file.SCRIPT, "parameters": {}}
            save(checkpoint, made, model, manifest.shape, made_from)
        some = torch.from_numpy(manifest.scale.apply(users.adp[:TRIED])).unsqueeze(1)
        torchscript.check(load(checkpoint), some)
    except UserError as error:
        raise UserError(f"models.{job.config['cell']['model']}.file: {file}: {error}") from error
    pd.DataFrame(columns=LOGGED).to_csv(job.output("log"), index=False)


if __name__ == "__main__":
    inputs = ("manifest", "split", "shards", "file")
    run(main, __doc__, inputs=inputs, outputs=("checkpoint", "log"))
