"""Describe the content of scenario folders, so that a person can write a configuration for them."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
from tqdm import tqdm

from robustloc.base import plugins
from robustloc.base.errors import UserError
from robustloc.data import base_stations, measurement, proposal, recognition
from robustloc.data import folder as scenario_folder
from robustloc.data.user_grid import Grid, total

# Number of users per base station whose paths are counted. In larger scenarios, every n-th row is read.
SAMPLE = 20_000


@dataclass(frozen=True)
class Station:
    """What could be read of a base station.

    Attributes:
        name: its name.
        site: its position (3,) [m]; None if it could not be read.
        grids: the user grids whose paths could be read.
        count: (N,) number of paths of each user that was read.
        longest_s: longest delay of these paths [s].
    """

    name: str
    site: np.ndarray | None = None
    grids: tuple[Grid, ...] = ()
    count: np.ndarray = field(default_factory=lambda: np.zeros(0, int))
    longest_s: float = 0.0

    @property
    def covered(self) -> float:
        """Share of the users that have a path."""
        return float((self.count > 0).mean()) if len(self.count) else 0.0

    @property
    def reached(self) -> float:
        """Number of users that have a path, estimated from the ones that were read."""
        return self.covered * total(list(self.grids))


def inspect(place: Path) -> Iterator[str]:
    """Describe each scenario folder at a place, that is the folder itself and its subfolders; and measured channels.

    Raises:
        UserError: after the last description, names everything that could not be read, one line each. Or the place does
            not exist or holds no scenario.
    """
    if not place.is_dir():
        found = f"a file; write --config data_folder={place.parent}" if place.exists() else "no such folder"
        raise UserError(f"{place}: expected a folder with scenarios (--config data_folder=FOLDER), found {found}")
    errors, is_empty = [], True
    for entry in _entries(place):
        if entry.is_dir() and recognition.formats(entry):
            text, found = overview(entry)
            yield text
            errors, is_empty = errors + found, False
        elif entry.is_dir() and entry != place:
            errors += _others(entry)
        elif entry.is_file() and (line := recognition.other(entry)):
            errors.append(line)
        elif entry.is_file() and _is_measured(entry):
            try:
                yield _measured(entry, place)
                is_empty = False
            except UserError as error:
                errors.append(str(error))
    if errors:
        raise UserError("\nerror: ".join(errors))
    if is_empty:
        raise UserError(
            f"{place}: expected scenario folders or files of measured channels in it, found none; change data_folder"
        )


def _is_measured(file: Path) -> bool:
    is_alone = not recognition.formats(file.parent)  # beside a marker, it is a file of that scenario
    return measurement.is_measured(file) or (is_alone and measurement.is_candidate(file))


def _entries(place: Path) -> Iterator[Path]:
    """List a place, what is in it, and the files of channel matrices in its folders."""
    yield place
    for entry in sorted(place.iterdir()):
        if not entry.name.startswith("."):
            yield entry
            if entry.is_dir() and not recognition.formats(entry):
                yield from recognition.measured(entry)


def _measured(file: Path, place: Path) -> str:
    users, channel = measurement.describe(file)
    array = f"{channel['antennas']} antennas {channel['spacing_wavelengths']:g} wavelengths apart"
    size = f"{users} users, {array}, {channel['subcarriers']} subcarriers"
    bandwidth = f"bandwidth {channel['bandwidth_hz'] / 1e6:g} MHz"
    what = recognition.advice("csi", file, place)
    return f"{file}: measured channel matrices, {size}, {bandwidth}; {what}, see docs/data.md"


def _others(folder: Path) -> list[str]:
    try:
        return recognition.others(folder)
    except OSError as error:
        return [f"{folder}: expected a folder that you may read; {error.strerror}"]


def overview(folder: Path) -> tuple[str, list[str]]:
    """Describe a scenario: format, carrier, user grids, base stations and their paths, and a configuration for it.

    Returns:
        The description of everything that could be read, and an error for everything else.
    """
    try:
        reader = plugins.load(scenario_folder.FORMATS, recognition.find_format(folder))
        head = f"{folder}: {reader.TITLE}, {_carrier(reader.carrier_hz(folder))}"
    except UserError as error:
        return f"{folder}: not readable, see below", [str(error)]
    try:
        sites = reader.base_stations(folder)
    except UserError as error:
        return f"{head}, base stations not readable, see below", [str(error)]
    found = [
        _station(folder, reader, name, sites)
        for name in tqdm(sorted(sites, key=base_stations.by_number), desc=folder.name, unit="station")
    ]
    stations, errors = [station for station, _ in found], [error for _, own in found for error in own]
    grids = dict.fromkeys(grid for station in stations for grid in station.grids)
    lines = [
        head,
        "",
        *(f"rows R{one.first_row} to R{one.last_row} of {one.columns} users: {total([one])} users" for one in grids),
        *[""] * bool(grids),
        pd.DataFrame(map(_row, stations)).to_markdown(index=False, disable_numparse=True),
        "",
    ]
    best = max(stations, key=lambda station: station.reached)
    if best.reached:
        lines += [f"An experiment on {best.name}, which reaches most users:", _experiment(folder, best)]
    elif grids:
        lines += ["No user has a path to a base station, so there is nothing to localize."]
    return "\n".join(lines), list(dict.fromkeys(errors))


def _carrier(frequency_hz: float) -> str:
    return f"carrier {frequency_hz / 1e9:g} GHz" if math.isfinite(frequency_hz) else "carrier unknown"


def _experiment(folder: Path, station: Station) -> str:
    return proposal.experiment(folder, station.name, station.site, station.grids, covered=station.covered)


def _station(folder: Path, reader: ModuleType, name: str, sites: Mapping) -> tuple[Station, list[str]]:
    """Read a base station grid by grid, as a download may have the files of some grids only."""
    try:
        site, grids = sites[name], reader.grids(folder, name)
    except UserError as error:
        return Station(name), [str(error)]
    step, errors, counts, read, longest_s = math.ceil(total(grids) / SAMPLE), [], [np.zeros(0, int)], [], 0.0
    for grid in grids:
        try:
            rows = [grid.first_row, grid.last_row]
            paths = scenario_folder.read(folder, name, rows=rows, row_step=step, max_paths=1000)
        except UserError as error:
            errors.append(str(error))
        else:
            read.append(grid)
            counts.append(paths.count)
            longest_s = max(longest_s, float(paths.delay.max(initial=0.0)))
    return Station(name, site, tuple(read), np.concatenate(counts), longest_s), errors


def _row(station: Station) -> dict[str, str]:
    count = station.count
    with_paths = count[count > 0]
    return {
        "base station": station.name,
        "position [m]": "not readable" if station.site is None else base_stations.written(station.site),
        "users read": str(len(count)) if len(count) else "see below",
        "without path": f"{100 * (1 - station.covered):.1f} %" if len(count) else "",
        "paths of others": f"{with_paths.mean():.1f}, at most {with_paths.max()}" if len(with_paths) else "",
        "longest delay [ns]": f"{1e9 * station.longest_s:.0f}" if len(count) else "",
    }
