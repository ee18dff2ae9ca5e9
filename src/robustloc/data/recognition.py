"""Recognise the format of a scenario folder; of other downloads, say what they are and what to do with them."""

import json
import re
from pathlib import Path

from robustloc.base import plugins
from robustloc.base.errors import UserError
from robustloc.data import measurement
from robustloc.data.formats.parts.loading import original_name

FORMATS = "data.formats"  # kind of plugin
ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
# What the generators of DeepMIMO and their examples call their results.
GENERATED = re.compile(r"deepmimo[_ -]?(v\d[_ -]?)?(data|channel).*\.(mat|npz|npy|h5|hdf5|p|pkl|pickle)", re.IGNORECASE)
# Snakemake reads a path with such a part as a pattern.
WILDCARD = re.compile(r"\{\s*\w+.*\}")
# Scenarios are searched so many folders deep: people unpack O1.zip into O1/O1/.
DEPTH = 3


def formats(folder: Path) -> list[str]:
    """List the formats whose marker is in a folder. Hidden files do not count: other programs leave them."""
    return [name for name, marker in _markers().items() if _is_marked(folder, marker)]


def find_format(folder: Path) -> str:
    """Return the name of the format of a scenario folder.

    Planning and jobs both call this function, and a folder with the markers of two formats is an error. So a job runs
    the format that its fingerprint names, and an edit of another format never changes a result.

    Raises:
        UserError: the folder does not exist, or contains the marker of no format or of several formats.
    """
    if folder.is_file():
        is_named_wrongly = measurement.is_candidate(folder)
        hint = "If it has channel matrices, write csi instead of folder." if is_named_wrongly else _needs(folder)
        raise UserError(other(folder) or f"{folder}: expected a scenario folder, found a file. {hint}")
    if not folder.is_dir():
        archives = [file.name for file in folder.parent.glob("*") if _unpacked(file) == folder]
        if archives:
            raise UserError(f"{folder}: no such folder; unpack {archives[0]} into it")
        raise UserError(
            f"{folder}: no such folder; download the DeepMIMO scenario {folder.name} (deepmimo.net) and unpack it "
            f"there, or change data_folder or the scenario's raw.folder. {_needs(folder)}"
        )
    found = formats(folder)
    if len(found) == 1:
        return found[0]
    if found:
        several = " and ".join(str(plugins.constant(FORMATS, name, "TITLE")) for name in found)
        raise UserError(
            f"{folder}: expected the files of one format, found files of {several}; unpack each scenario into its own "
            "folder"
        )
    channels = [f"{file}: measured channel matrices; {advice('csi', file, folder.parent)}" for file in measured(folder)]
    if known := channels + others(folder):
        raise UserError("\n".join(known))
    content = ", ".join(sorted(file.name for file in folder.iterdir())[:8]) or "nothing"
    raise UserError(f"{folder}: expected a scenario folder, found {content}. {_needs(folder)}")


def measured(folder: Path) -> list[Path]:
    """List the files of channel matrices in a folder; HDF5 files are not looked into."""
    return [file for file in sorted(folder.glob("[!.]*.npz")) if measurement.is_measured(file)]


def advice(key: str, path: Path, data_folder: Path) -> str:
    """Say how a scenario names its raw data, which lie below the data folder."""
    name = str(path.relative_to(data_folder))
    if WILDCARD.search(name):
        return "rename it, because Snakemake reads { and } as wildcards"
    return f"write raw: {{{key}: {quoted(name)}}}"


def quoted(text: str) -> str:
    """Quote a text for YAML."""
    return json.dumps(text, ensure_ascii=False)


def others(folder: Path) -> list[str]:
    """Say what else a folder without the marker of a format holds, and what to do with it; one line each."""
    entries = [entry for entry in sorted(folder.iterdir()) if not entry.name.startswith(".")]
    scenes = [entry for entry in entries if entry.is_dir() and re.fullmatch(r"scene_?\d+", entry.name)]
    if scenes:
        what = advice("folder", scenes[0], folder.parent)
        if not formats(scenes[0]):
            what = f"copy the scenario's params.json into {scenes[0].name} and {what}"
        return [f"{folder}: a dynamic scenario, with one folder per scene; robustloc reads one scene; {what}"]
    inner = [below for entry in entries if entry.is_dir() for below in _scenarios(entry, DEPTH)]
    nested = [
        f"{folder}: the scenario is in a folder within it; {advice('folder', below, folder.parent)}, "
        f"or move the files of {below.relative_to(folder)} up"
        for below in inner
    ]
    return nested + [line for entry in entries if (line := other(entry))]


def other(file: Path) -> str | None:
    """Say what a file outside of a scenario is, and what to do with it; None if it is unknown or measured channels."""
    if measurement.is_measured(file):
        return None
    name = original_name(file.name)
    if (folder := _unpacked(file)) and not folder.is_dir():
        return f"{file}: an archive; unpack it into {folder}"
    if GENERATED.fullmatch(file.name):
        what = "download the ray-tracing files of the scenario"
        return f"{file}: made by a DeepMIMO generator, with channels instead of paths; {what}"
    if name != file.name and any(Path(name).match(marker) for marker in _markers().values()):
        return f"{file}: expected the name {name}; rename the file"
    return None


def _unpacked(file: Path) -> Path | None:
    """The folder that an archive is unpacked into; None for other files."""
    if file.suffix.lower() not in ARCHIVES or not file.is_file():
        return None
    return file.with_name(original_name(file.name).split(".")[0])


def _scenarios(folder: Path, depth: int) -> list[Path]:
    """The outermost scenario folders in a folder, itself included."""
    if formats(folder):
        return [folder]
    inner = [entry for entry in sorted(folder.iterdir()) if entry.is_dir() and not entry.name.startswith(".")]
    return [found for entry in inner for found in _scenarios(entry, depth - 1)] if depth > 1 else []


def _markers() -> dict[str, str]:
    """The marker of each format of folders; a format of single files has none."""
    found = {name: plugins.constant(FORMATS, name, "MARKER", None) for name in plugins.names(FORMATS)}
    return {name: str(marker) for name, marker in found.items() if marker}


def _is_marked(folder: Path, marker: str) -> bool:
    return any(not file.name.startswith(".") for file in folder.glob(marker))


def _needs(folder: Path) -> str:
    lines = ["A scenario folder has the files of one of these formats:"]
    for name in _markers():
        title, needs = (plugins.constant(FORMATS, name, constant) for constant in ("TITLE", "NEEDS"))
        lines.append(f"  {title}: {needs.replace('{name}', folder.name)}")
    return "\n".join(lines)
