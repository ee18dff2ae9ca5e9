"""Whether a killed training can continue from the state that it saved."""

from pathlib import Path

import torch


def resumable(state: Path) -> Path | None:
    """Return the state of a training if the training can continue from it, otherwise None."""
    try:
        callbacks = torch.load(state, map_location="cpu", weights_only=True)["callbacks"].values()
    # a missing file, or half a file after a kill, raises many kinds of errors; training then starts from the beginning
    except Exception:
        return None
    here = str(state.parent.resolve())
    # if the folder has moved, Lightning forgets the best epoch
    return state if all(one.get("dirpath", "") in ("", here) for one in callbacks) else None
