"""Find out which network a file holds, without running code from the file.

Planning needs this before any job runs.
"""

import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path

from robustloc.base import plugins
from robustloc.base.errors import UserError

# takes the place of a plugin's name; plugin names are lower case, so no plugin can have it
SCRIPT = "TorchScript"
CHECKPOINT_KEYS = {"format", "model", "shape", "state", "wrapper"}
ADVICE = (
    "expected a TorchScript file or a checkpoint.pt of robustloc; save the network with "
    "torch.jit.script(network.eval()).save(path), or with torch.jit.trace(network.eval(), x).save(path)"
)

# By the first bytes of a file, the ending of a name, or a file in a folder or an archive.
HDF5 = b"\x89HDF\r\n\x1a\n"
SUFFIXES = {
    ".h5": "a Keras model",
    ".hdf5": "a Keras model",
    ".keras": "a Keras model",
    ".pb": "a TensorFlow model",
    ".tflite": "a TensorFlow Lite model",
    ".onnx": "an ONNX model",
    ".safetensors": "weights in safetensors, without the network",
}
REBUILD = "build the same network in PyTorch, copy the weights into it, and check that both give the same estimates"


def described(path: Path) -> dict:
    """Describe the network that a file holds.

    Returns:
        * ``plugin`` and ``parameters``, as `robustloc.localizer.network.build` takes them; `SCRIPT` is the plugin of
          TorchScript.
        * ``wrapper``: the plugin of the defence that wraps the network, or None.
        * ``is_checkpoint``: whether the file is a checkpoint of robustloc.

    Raises:
        UserError: there is no such file, it holds something else, or a plugin that it needs is missing.
    """
    if kind := _other_framework(path):
        raise UserError(f"{path}: found {kind}; {REBUILD}; {ADVICE}")
    if not path.is_file():
        raise UserError(f"{path}: {'a folder' if path.is_dir() else 'no such file'}; {ADVICE}")
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            root = names[0].split("/")[0]
            if f"{root}/constants.pkl" in names:
                return {"plugin": SCRIPT, "parameters": {}, "wrapper": None, "is_checkpoint": False}
            if f"{root}/data.pkl" not in names:
                raise UserError(f"{path}: not a readable model, such as an exported program (.pt2); {ADVICE}")
            with archive.open(f"{root}/data.pkl") as file:
                content = _Reader(file).load()
    except UserError:
        raise
    except Exception as error:  # damaged files raise many kinds of errors
        raise UserError(f"{path}: truncated, or not a PyTorch file ({error}); {ADVICE}") from error
    if not isinstance(content, dict) or not content.keys() >= CHECKPOINT_KEYS:
        raise UserError(f"{path}: {_guess(content)}; {ADVICE}")
    wrapper = content["wrapper"] and content["wrapper"]["plugin"]
    for kind, name in (("models", content["model"]["plugin"]), ("defences", wrapper)):
        if name not in (None, SCRIPT, *plugins.names(kind)):
            raise UserError(f"{path}: needs the file src/robustloc/{kind}/{name}.py, which does not exist; add it")
    model = {key: content["model"][key] for key in ("plugin", "parameters")}
    return model | {"wrapper": wrapper, "is_checkpoint": True}


def _other_framework(path: Path) -> str | None:
    """Name the kind of a file or folder that another framework wrote; None for everything else."""
    if path.is_dir():
        return "a TensorFlow SavedModel" if (path / "saved_model.pb").is_file() else None
    if not path.is_file():
        return None
    with path.open("rb") as file:
        if file.read(len(HDF5)) == HDF5:
            return "a Keras model, or another HDF5 file"
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return "a Keras model" if "model.weights.h5" in archive.namelist() else None
    return SUFFIXES.get(path.suffix.lower())


def _guess(content: object) -> str:
    """Name the kind of content; these are the kinds that people often save instead."""
    if not isinstance(content, dict):
        return "found a pickled network, which would run code from the file"
    if "pytorch-lightning_version" in content:
        return "found a checkpoint of Lightning, which has the weights but not the network"
    if content and all(isinstance(value, _Opaque) for value in content.values()):
        return "found a state_dict, which has the weights but not the network"
    return f"found a mapping of {', '.join(map(str, list(content)[:5])) or 'nothing'}"


class _Opaque:
    """Placeholder for every object in a pickle that is not plain data: tensors, classes, results of calls."""

    def __init__(self, *arguments: object, **options: object):
        pass

    def __call__(self, *arguments: object) -> "_Opaque":
        return self

    def __setstate__(self, state: object) -> None:
        pass

    def __setitem__(self, key: object, value: object) -> None:
        pass

    append = extend = add = __setstate__


class _Reader(pickle.Unpickler):
    """Reads numbers, texts, lists and mappings. It imports and calls nothing that the pickle names."""

    def find_class(self, module: str, name: str) -> type:
        """Return the placeholder instead of the class or function; a state_dict is an OrderedDict."""
        return OrderedDict if (module, name) == ("collections", "OrderedDict") else _Opaque

    def persistent_load(self, key: object) -> _Opaque:
        """Return the placeholder instead of a tensor's memory."""
        return _Opaque()
