"""Files of other origin are known by their content, which is not run."""

import pickle
import zipfile
from pathlib import Path

import pytest
import torch
from torch import nn

from robustloc.base.errors import UserError
from robustloc.localizer import model_file
from robustloc.localizer.checkpoint import save
from robustloc.localizer.network import build

MODEL = {"plugin": "dcnn", "parameters": {"norm": "group"}}
NETWORK = nn.Sequential(nn.Flatten(), nn.Linear(16, 3)).eval()


class Trap:
    """What unpickling would create a file by."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self) -> tuple:
        return Path.touch, (self.path,)


def checkpoint(path: Path, wrapper: dict | None = None, model: dict = MODEL) -> Path:
    """Write a checkpoint of this program."""
    made = build(MODEL, (16, 16), torch.rand(4, 3))
    save(path, made, model, (16, 16), wrapper)
    return path


def test_script(tmp_path: Path) -> None:
    """TorchScript of both kinds, whatever the file's name."""
    for number, made in enumerate((torch.jit.script(NETWORK), torch.jit.trace(NETWORK, torch.rand(2, 1, 4, 4)))):
        made.save(tmp_path / f"model{number}.bin")
        found = model_file.described(tmp_path / f"model{number}.bin")
        assert found["plugin"] == model_file.SCRIPT
        assert not found["is_checkpoint"]


def test_checkpoint(tmp_path: Path) -> None:
    """A checkpoint tells the plugin, its parameters and the defence that wraps it."""
    assert model_file.described(checkpoint(tmp_path / "a.pt")) == MODEL | {"wrapper": None, "is_checkpoint": True}
    wrapped = checkpoint(tmp_path / "b.pt", {"plugin": "map_clamp", "parameters": {}, "epsilon": 0.1})
    assert model_file.described(wrapped)["wrapper"] == "map_clamp"


def test_missing_plugin(tmp_path: Path) -> None:
    """A checkpoint of a plugin that is not here names the file that it needs."""
    with pytest.raises(UserError, match=r"needs the file src/robustloc/models/theirs\.py, which is not there"):
        model_file.described(checkpoint(tmp_path / "a.pt", model={"plugin": "theirs", "parameters": {}}))


def cut(path: Path) -> None:
    """Write the first half of a TorchScript file."""
    torch.jit.script(NETWORK).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def exported(path: Path) -> None:
    """Write a zip file as of torch.export."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/models/model.json", "{}")


BAD = {
    "state_dict": (lambda path: torch.save(NETWORK.state_dict(), path), "a state_dict, which has the weights but not"),
    "network": (lambda path: torch.save(NETWORK, path), "a pickled network, which is code that is not run here"),
    "old network": (
        lambda path: torch.save(NETWORK, path, _use_new_zipfile_serialization=False),
        "truncated, or no file of PyTorch",
    ),
    "lightning": (
        lambda path: torch.save({"pytorch-lightning_version": "2", "state_dict": NETWORK.state_dict()}, path),
        "a checkpoint of Lightning",
    ),
    "training state": (lambda path: torch.save({"epoch": 3, "net": {}}, path), "a mapping of epoch, net"),
    "text": (lambda path: path.write_text("weights"), "truncated, or no file of PyTorch"),
    "empty": (lambda path: path.touch(), "truncated, or no file of PyTorch"),
    "half": (cut, "truncated, or no file of PyTorch"),
    "exported": (exported, r"such as an exported program \(\.pt2\)"),
    "nothing": (lambda path: None, "no such file"),
}


@pytest.mark.parametrize("kind", BAD)
def test_anything_else(tmp_path: Path, kind: str) -> None:
    """Anything else is refused: the message names the file, what it seems to be, and how to save one."""
    write, message = BAD[kind]
    write(tmp_path / "model.pt")

    with pytest.raises(UserError, match=message) as error:
        model_file.described(tmp_path / "model.pt")

    assert str(error.value).startswith(str(tmp_path / "model.pt"))
    assert "torch.jit.trace(network.eval(), x).save(path)" in str(error.value)


def test_nothing_is_run(tmp_path: Path) -> None:
    """Code in a pickle is not run."""
    trap = tmp_path / "sprung"
    torch.save({"weights": Trap(trap)}, tmp_path / "model.pt")
    pickle.loads(pickle.dumps(Trap(trap)))
    assert trap.exists()
    trap.unlink()

    with pytest.raises(UserError, match="a state_dict"):
        model_file.described(tmp_path / "model.pt")
    assert not trap.exists()
