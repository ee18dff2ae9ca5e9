"""Model files are recognised by their content, and no code of theirs runs."""

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
HDF5 = b"\x89HDF\r\n\x1a\n"
NETWORK = nn.Sequential(nn.Flatten(), nn.Linear(16, 3)).eval()


class Trap:
    """An object that creates a file when it is unpickled."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self) -> tuple:
        return Path.touch, (self.path,)


def checkpoint(path: Path, wrapper: dict | None = None, model: dict = MODEL) -> Path:
    """Write a checkpoint of robustloc."""
    made = build(MODEL, (16, 16), torch.rand(4, 3))
    save(path, made, model, (16, 16), wrapper)
    return path


def test_script(tmp_path: Path) -> None:
    """Scripted and traced files are recognised, whatever their name is."""
    for number, made in enumerate((torch.jit.script(NETWORK), torch.jit.trace(NETWORK, torch.rand(2, 1, 4, 4)))):
        made.save(tmp_path / f"model{number}.bin")
        found = model_file.described(tmp_path / f"model{number}.bin")
        assert found["plugin"] == model_file.SCRIPT
        assert not found["is_checkpoint"]


def test_checkpoint(tmp_path: Path) -> None:
    """The description of a checkpoint has the plugin, its parameters and the defence that wraps it."""
    assert model_file.described(checkpoint(tmp_path / "a.pt")) == MODEL | {"wrapper": None, "is_checkpoint": True}
    wrapped = checkpoint(tmp_path / "b.pt", {"plugin": "map_clamp", "parameters": {}, "epsilon": 0.1})
    assert model_file.described(wrapped)["wrapper"] == "map_clamp"


def test_missing_plugin(tmp_path: Path) -> None:
    """If the plugin of a checkpoint does not exist, the message names the missing file."""
    with pytest.raises(UserError, match=r"needs the file src/robustloc/models/theirs\.py, which does not exist"):
        model_file.described(checkpoint(tmp_path / "a.pt", model={"plugin": "theirs", "parameters": {}}))


def cut(path: Path) -> None:
    """Write the first half of a TorchScript file."""
    torch.jit.script(NETWORK).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def keras(path: Path) -> None:
    """Write an archive as Keras 3 does."""
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("metadata.json", "config.json", "model.weights.h5"):
            archive.writestr(name, "{}")


def saved_model(path: Path) -> None:
    """Write a folder as TensorFlow does."""
    path.mkdir()
    (path / "saved_model.pb").touch()


def exported(path: Path) -> None:
    """Write a zip file that looks like an exported program."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/models/model.json", "{}")


BAD = {
    "state_dict": (lambda path: torch.save(NETWORK.state_dict(), path), "a state_dict, which has the weights but not"),
    "network": (lambda path: torch.save(NETWORK, path), "found a pickled network, which would run code from the file"),
    "old network": (
        lambda path: torch.save(NETWORK, path, _use_new_zipfile_serialization=False),
        "truncated, or not a PyTorch file",
    ),
    "lightning": (
        lambda path: torch.save({"pytorch-lightning_version": "2", "state_dict": NETWORK.state_dict()}, path),
        "a checkpoint of Lightning",
    ),
    "training state": (lambda path: torch.save({"epoch": 3, "net": {}}, path), "a mapping of epoch, net"),
    "text": (lambda path: path.write_text("weights"), "truncated, or not a PyTorch file"),
    "empty": (lambda path: path.touch(), "truncated, or not a PyTorch file"),
    "half": (cut, "truncated, or not a PyTorch file"),
    "exported": (exported, r"such as an exported program \(\.pt2\)"),
    "nothing": (lambda path: None, "no such file"),
    "folder": (lambda path: path.mkdir(), "a folder; expected a TorchScript file"),
    "keras, hdf5": (lambda path: path.write_bytes(HDF5 + bytes(99)), "found a Keras model, or another HDF5 file"),
    "keras, archive": (keras, "found a Keras model"),
    "tensorflow": (saved_model, "found a TensorFlow SavedModel"),
}


@pytest.mark.parametrize("kind", BAD)
def test_anything_else(tmp_path: Path, kind: str) -> None:
    """Any other file is refused; the message names the file, its kind, and a command that saves a valid one."""
    write, message = BAD[kind]
    write(tmp_path / "model.pt")

    with pytest.raises(UserError, match=message) as error:
        model_file.described(tmp_path / "model.pt")

    assert str(error.value).startswith(str(tmp_path / "model.pt"))
    assert "torch.jit.trace(network.eval(), x).save(path)" in str(error.value)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("net.h5", "a Keras model"),
        ("net.ONNX", "an ONNX model"),
        ("net.tflite", "a TensorFlow Lite model"),
        ("net.safetensors", "weights in safetensors, without the network"),
        ("frozen.pb", "a TensorFlow model"),
    ],
)
def test_other_frameworks(tmp_path: Path, name: str, kind: str) -> None:
    """A model of another framework is recognised by its name; the message says how to convert it."""
    (tmp_path / name).write_bytes(b"anything")

    with pytest.raises(UserError, match=f"{name}: found {kind}; build the same network in PyTorch, copy the weights"):
        model_file.described(tmp_path / name)


def test_names_do_not_decide(tmp_path: Path) -> None:
    """A TorchScript file is read, even if its name is usual for another framework."""
    torch.jit.script(NETWORK).save(tmp_path / "net.onnx")

    assert model_file.described(tmp_path / "net.onnx")["plugin"] == model_file.SCRIPT


def test_nothing_is_run(tmp_path: Path) -> None:
    """Code in a pickle does not run."""
    trap = tmp_path / "sprung"
    torch.save({"weights": Trap(trap)}, tmp_path / "model.pt")
    # an ordinary unpickling runs the code, so the test can fail
    pickle.loads(pickle.dumps(Trap(trap)))
    assert trap.exists()
    trap.unlink()

    with pytest.raises(UserError, match="a state_dict"):
        model_file.described(tmp_path / "model.pt")
    assert not trap.exists()
