"""Describe the content of scenario folders, so that a person can write a configuration for them."""

import json
import math
import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
from tqdm import tqdm

from robustloc.base import plugins
from robustloc.base.errors import UserError
from robustloc.data import base_stations
from robustloc.data import folder as scenario_folder
from robustloc.data.user_grid import Grid, total

# Number of users per base station whose paths are counted. In larger scenarios, every n-th row is read.
SAMPLE = 20_000


def folders(place: Path) -> list[Path]:
    """List the scenario folders at a place: the folder itself and its subfolders.

    Raises:
        UserError: the place does not exist or has no scenario folder.
    """
    if not place.is_dir():
        raise UserError(f"{place}: no such folder; expected a folder with scenarios: --config data_folder=FOLDER")
    found = [inner for inner in (place, *sorted(place.iterdir())) if inner.is_dir() and _is_scenario(inner)]
    if not found:
        raise UserError(f"{place}: expected scenario folders in it, found none; change data_folder")
    return found


def overview(folder: Path) -> str:
    """Describe a scenario: format, carrier, user grids, base stations and their paths, and a configuration for it.

    Raises:
        UserError: a file is missing or damaged.
    """
    reader = _reader(folder)
    stations = dict(sorted(reader.base_stations(folder).items(), key=lambda item: (len(item[0]), item[0])))
    rows = [_station(folder, name, site) for name, site in tqdm(stations.items(), desc=folder.name, unit="station")]
    grids = reader.grids(folder, next(iter(stations)))
    lines = [f"{folder}: {reader.TITLE}, carrier {reader.carrier_hz(folder) / 1e9:g} GHz", ""]
    for grid in grids:
        lines.append(f"rows R{grid.first_row} to R{grid.last_row} of {grid.columns} users: {total([grid])} users")
    table = pd.DataFrame(rows).to_markdown(index=False, disable_numparse=True)
    experiment = _experiment(folder, stations, grids, rows)
    return "\n".join([*lines, "", table, "", "An experiment on the first base station:", experiment])


def _experiment(folder: Path, stations: dict[str, np.ndarray], grids: list[Grid], rows: list[dict]) -> str:
    """Return a small configuration that runs, as a start for changes."""
    station, site = next(iter(stations.items()))
    name = re.sub(r"[^a-z0-9_]", "_", folder.name.lower())
    name = name if name[0].isalpha() else f"s_{name}"
    position = f"   # or {[round(float(c), 3) for c in site]}" if np.isfinite(site).all() else ""
    blocked = "   # many users have no path" if float(rows[0]["without path"].removesuffix(" %")) > 10 else ""
    return f"""
pathvars: {{results: results/{name}}}
scenarios:
  {name}:
    raw: {{folder: {json.dumps(folder.name)}}}   # below data_folder, {folder.absolute().parent}
    base_station: {json.dumps(station)}{position}
    users: {{rows: [{grids[0].first_row}, {grids[-1].last_row}]}}
    # paths later than subcarriers / bandwidth_hz are dropped
    channel: {{antennas: 64, subcarriers: 64, bandwidth_hz: 1.0e+7}}
    scale: db
    blocked_users: {"drop" if blocked else "keep"}{blocked}
    epsilons: [0.01, 0.05]
    training_epsilon: 0.05
grids:
  - {{scenarios: [{name}], models: [constant]}}
  - {{scenarios: [{name}], models: [dcnn], defences: [none, adversarial], attacks: [fgsm, pgd_linf]}}
figures: []
"""


def _reader(folder: Path) -> ModuleType:
    return plugins.load(scenario_folder.FORMATS, scenario_folder.find_format(folder))


def _is_scenario(folder: Path) -> bool:
    return bool(scenario_folder.formats(folder))


def _station(folder: Path, name: str, site: np.ndarray) -> dict[str, str]:
    users = total(_reader(folder).grids(folder, name))
    paths = scenario_folder.read(folder, name, row_step=math.ceil(users / SAMPLE), max_paths=1000)
    count = paths.count
    with_paths = count[count > 0]
    return {
        "base station": name,
        "position [m]": base_stations.written(site),
        "users read": str(len(count)),
        "without path": f"{100 * (1 - len(with_paths) / len(count)):.1f} %",
        "paths of the others": f"{with_paths.mean():.1f}, at most {with_paths.max()}" if len(with_paths) else "",
        "longest delay [ns]": f"{1e9 * paths.delay.max():.0f}",
    }
