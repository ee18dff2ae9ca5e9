"""Folders and files that a configuration names: `~` and environment variables are replaced, as a shell does."""

import os
import re
from pathlib import Path

from robustloc.base.errors import UserError
from robustloc.data.recognition import WILDCARD

# Snakemake would read these as wildcards and path variables
RESERVED = re.compile(r"[{}<>]|[^\S ]")


def expand(config: dict) -> None:
    """Expand every folder and file of a configuration, in place, and write the results folder in its shortest form.

    Raises:
        UserError: a variable or a user is unknown, the results cannot be in this folder, or Snakemake would read a part
            of the path of a raw file as a wildcard.
    """
    _replace("data_folder", config, "data_folder", braces=False)
    for name, model in config["models"].items():
        _replace(f"models.{name}.file", model, "file")
    for name, scenario in config["scenarios"].items():
        for key in ("folder", "csi"):
            _replace(f"scenarios.{name}.raw.{key}", scenario["raw"], key, braces=False)
    variables = config.get("pathvars", {})
    if "results" in variables:
        _replace("pathvars.results", variables, "results")
        variables["results"] = _results(variables["results"])


def _replace(place: str, section: dict, key: str, *, braces: bool = True) -> None:
    if key not in section:
        return
    found = section[key]
    if not found.strip() or "\0" in found:
        raise UserError(f"{place}: expected a path, found {found!r}; name a folder or a file")
    path = os.path.expanduser(os.path.expandvars(found))
    if unknown := re.match(r"~\w*", path) or re.search(r"\$(\w+|\{\w+\})", path):
        raise UserError(
            f"{place}: expected a path, found {found!r}; {unknown[0]} is unknown here; correct it or write the path out"
        )
    if path.startswith("-"):
        raise UserError(f"{place}: programs read {path} as an option; rename it, or write the path from / on")
    if not braces and WILDCARD.search(path):
        raise UserError(f"{place}: Snakemake reads {{ and }} in {path} as wildcards; rename the folder or the file")
    section[key] = path


def _results(folder: str) -> str:
    path = os.path.normpath(folder)
    if RESERVED.search(path) or path != path.strip():
        raise UserError(
            f"pathvars.results: expected a folder without the characters {{ }} < > and without line breaks, found "
            f"{folder!r}; choose another folder"
        )
    if Path.cwd().is_relative_to(os.path.abspath(path)):
        raise UserError(f"pathvars.results: expected a folder of its own, such as results/mine, found {folder!r}")
    try:
        files = [part for part in (Path(path), *Path(path).parents) if part.is_file()]
    except OSError as error:
        raise UserError(f"pathvars.results: {error.strerror}: {path}; choose another folder") from error
    if files:
        raise UserError(f"pathvars.results: expected a folder, found the file {files[0]}; choose another folder")
    return path
