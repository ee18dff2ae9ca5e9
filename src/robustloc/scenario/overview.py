"""What is in a scenario folder, so that a user can fill in the configuration."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from robustloc.errors import UserError
from robustloc.scenario import folder as scenario_folder
from robustloc.scenario import sites

# users of a base station that are read to count their paths; of larger scenarios every so many rows
SAMPLE = 20_000


def folders(place: Path) -> list[Path]:
    """List the scenario folders of a place: itself, or those in it.

    Raises:
        UserError: there is none.
    """
    if not place.is_dir():
        raise UserError(f"{place}: no such folder; name one that holds DeepMIMO scenarios, such as data_folder")
    found = [inner for inner in (place, *sorted(place.iterdir())) if inner.is_dir() and _is_scenario(inner)]
    if not found:
        raise UserError(f"{place}: expected DeepMIMO scenario folders in it, found none")
    return found


def overview(folder: Path) -> str:
    """Describe a scenario: generation, carrier, user grids, base stations and their paths, and how to configure it.

    Raises:
        UserError: a file is missing or damaged.
    """
    reader = scenario_folder.find_reader(folder)
    stations = dict(sorted(reader.base_stations(folder).items(), key=lambda item: (len(item[0]), item[0])))
    rows = [_station(folder, name, site) for name, site in tqdm(stations.items(), desc=folder.name, unit="station")]
    name, site = next(iter(stations.items()))
    grids = reader.grids(folder, name)
    lines = [f"{folder}: DeepMIMO {reader.GENERATION}, carrier {reader.carrier_hz(folder) / 1e9:g} GHz", ""]
    for grid in grids:
        users = (grid.last_row - grid.first_row + 1) * grid.columns
        lines.append(f"rows R{grid.first_row} to R{grid.last_row} of {grid.columns} users: {users} users")
    position = f"   # or {[round(float(c), 3) for c in site]}" if np.isfinite(site).all() else ""
    config = [
        f"    raw: {{folder: {folder.name}}}",
        f"    base_station: {name}{position}",
        f"    users: {{rows: [{grids[0].first_row}, {grids[-1].last_row}]}}",
    ]
    table = pd.DataFrame(rows).to_markdown(index=False, disable_numparse=True)
    return "\n".join([*lines, "", table, "", "In the configuration, under scenarios.<name>:", *config])


def _is_scenario(folder: Path) -> bool:
    return any(any(folder.glob(reader.MARKER)) for reader in scenario_folder.READERS)


def _station(folder: Path, name: str, site: np.ndarray) -> dict[str, str]:
    grids = scenario_folder.find_reader(folder).grids(folder, name)
    total = sum((grid.last_row - grid.first_row + 1) * grid.columns for grid in grids)
    count = scenario_folder.read(folder, name, row_step=math.ceil(total / SAMPLE), max_paths=1000).count
    with_paths = count[count > 0]
    return {
        "base station": name,
        "position [m]": sites.written(site),
        "users read": str(len(count)),
        "without path": f"{100 * (1 - len(with_paths) / len(count)):.1f} %",
        "paths of the others": f"{with_paths.mean():.1f}, at most {with_paths.max()}" if len(with_paths) else "",
    }
