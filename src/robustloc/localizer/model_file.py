"""What a file with a trained model holds, told without running anything of it: planning has to know before any job."""

import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path

from robustloc.base import plugins
from robustloc.base.errors import UserError

# stands where other networks name their plugin, and cannot be one's name
SCRIPT = "TorchScript"
CHECKPOINT_KEYS = {"format", "model", "shape", "state", "wrapper"}
ADVICE = (
    "expected a TorchScript file or a checkpoint.pt of robustloc; save the network with "
    "torch.jit.script(network.eval()).save(path), or with torch.jit.trace(network.eval(), x).save(path)"
)


def described(path: Path) -> dict:
    """Say what network a file holds.

    Returns:
        ``plugin`` and ``parameters``, as `robustloc.localizer.network.build` takes them, with `SCRIPT` as the plugin of
        TorchScript; ``wrapper``, the plugin of the defence that wraps the network, or None; and ``is_checkpoint``.

    Raises:
        UserError: there is no such file, or it holds something else; the message says what, and what is expected.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file; {ADVICE}")
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            root = names[0].split("/")[0]
            if f"{root}/constants.pkl" in names:
                return {"plugin": SCRIPT, "parameters": {}, "wrapper": None, "is_checkpoint": False}
            if f"{root}/data.pkl" not in names:
                raise UserError(f"{path}: no model that can be read, such as an exported program (.pt2); {ADVICE}")
            with archive.open(f"{root}/data.pkl") as file:
                content = _Reader(file).load()
    except UserError:
        raise
    except Exception as error:  # damaged files raise many kinds
        raise UserError(f"{path}: truncated, or no file of PyTorch ({error}); {ADVICE}") from error
    if not isinstance(content, dict) or not content.keys() >= CHECKPOINT_KEYS:
        raise UserError(f"{path}: {_guess(content)}; {ADVICE}")
    wrapper = content["wrapper"] and content["wrapper"]["plugin"]
    for kind, name in (("models", content["model"]["plugin"]), ("defences", wrapper)):
        if name not in (None, SCRIPT, *plugins.names(kind)):
            raise UserError(f"{path}: needs the file src/robustloc/{kind}/{name}.py, which is not there")
    model = {key: content["model"][key] for key in ("plugin", "parameters")}
    return model | {"wrapper": wrapper, "is_checkpoint": True}


def _guess(content: object) -> str:
    """Say what people save instead."""
    if not isinstance(content, dict):
        return "a pickled network, which is code that is not run here"
    if "pytorch-lightning_version" in content:
        return "a checkpoint of Lightning, which has the weights but not the network"
    if content and all(isinstance(value, _Opaque) for value in content.values()):
        return "a state_dict, which has the weights but not the network"
    return f"a mapping of {', '.join(map(str, list(content)[:5])) or 'nothing'}"


class _Opaque:
    """Stands for whatever a pickle makes that is not plain: tensors, classes, calls."""

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
    """Reads numbers, texts, lists and mappings; nothing that a pickle names is imported or called."""

    def find_class(self, module: str, name: str) -> type:
        """Stand for a class or function without looking for it."""
        return OrderedDict if (module, name) == ("collections", "OrderedDict") else _Opaque

    def persistent_load(self, key: object) -> _Opaque:
        """Stand for a tensor's memory."""
        return _Opaque()
