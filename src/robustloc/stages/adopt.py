"""Take one localizer from a file as it is, TorchScript or a checkpoint of robustloc -> checkpoint."""

import pandas as pd
import torch

from robustloc import localizer, modelfile, torchscript
from robustloc.dataset import Manifest
from robustloc.errors import UserError
from robustloc.job import Job, run
from robustloc.recipe import LOGGED

# users that the network is tried on
TRIED = 3


def main(job: Job) -> None:
    """Copy the file into a checkpoint, and hold the localizer in it to what attacks need."""
    file, checkpoint, made_from = job.input("file"), job.output("checkpoint"), job.record()
    manifest = Manifest.read(job.input("manifest"))
    (users,) = manifest.parts("train")
    is_checkpoint = modelfile.described(file)["is_checkpoint"]
    if is_checkpoint:
        localizer.load(file)  # says what is wrong with it
    try:
        if is_checkpoint:
            localizer.copy(file, checkpoint, manifest.shape, made_from)
        else:
            archive = torch.frombuffer(bytearray(file.read_bytes()), dtype=torch.uint8)
            made = localizer.scripted(archive, torch.from_numpy(users.position).float())
            model = {"plugin": modelfile.SCRIPT, "parameters": {}}
            localizer.save(checkpoint, made, model, manifest.shape, made_from)
        some = torch.from_numpy(manifest.scale.apply(users.adp[:TRIED])).unsqueeze(1)
        torchscript.check(localizer.load(checkpoint), some)
    except UserError as error:
        raise UserError(f"models.{job.config['cell']['model']}.file: {file}: {error}") from error
    pd.DataFrame(columns=LOGGED).to_csv(job.output("log"), index=False)


if __name__ == "__main__":
    inputs = ("manifest", "split", "shards", "file")
    run(main, __doc__, inputs=inputs, outputs=("checkpoint", "log"))
