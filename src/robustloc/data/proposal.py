"""Propose an experiment on a scenario folder, as a start for changes."""

import math
import re
from collections.abc import Sequence
from itertools import count
from pathlib import Path

import numpy as np

from robustloc.data.recognition import quoted
from robustloc.data.user_grid import Grid, select, total

# More users than this are thinned out by equal steps of rows and columns, so that a first run takes minutes.
USERS = 50_000
# Users per shard. The profiles of one shard, 64 x 64 numbers of four bytes each, are then 200 MB.
PER_SHARD = 12_500
# Names that config.yaml or the folders of results have.
TAKEN = {"outdoor", "indoor", "tables", "figures", "logs", "experiments"}


def experiment(folder: Path, station: str, site: np.ndarray, grids: Sequence[Grid], *, covered: float) -> str:
    """Return a small configuration that runs.

    Args:
        folder: the scenario folder.
        station: name of the base station.
        site: its position (3,) [m]; NaN where it is unknown.
        grids: user grids, of which the longest series of neighbouring ones from the first is used.
        covered: share of the users with a path.
    """
    name, place = _name(folder), folder.absolute()
    position = f"   # or {[round(float(c), 3) for c in site]}" if np.isfinite(site).all() else ""
    blocked = "   # many users have no path" if covered < 0.9 else ""
    return f"""
data_folder: {quoted(str(place.parent))}
pathvars: {{results: results/{name}}}
scenarios:
  {name}:
    raw: {{folder: {quoted(place.name)}}}
    base_station: {quoted(station)}{position}
{_users(grids)}
    # paths later than 6400 ns, that is subcarriers / bandwidth_hz, are dropped
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


def _name(folder: Path) -> str:
    """Return a valid name of a scenario, which is not the name of anything else."""
    name = re.sub(r"[^a-z0-9_]", "_", folder.absolute().name.lower())
    return name if name[:1].isalpha() and name not in TAKEN else f"s_{name}"


def _users(grids: Sequence[Grid]) -> str:
    """Choose all users, or for many users equal steps and several shards."""
    used = list(grids[:1])
    for grid in grids[1:]:
        if grid.first_row != used[-1].last_row + 1:
            break
        used.append(grid)
    rows, everyone = f"rows: [{used[0].first_row}, {used[-1].last_row}]", total(used)
    if everyone <= USERS:
        return f"    users: {{{rows}}}"
    for step in count(2):
        chosen = len(select(used, None, step, step)[0])
        if chosen <= USERS:
            break
    shards, all_shards = (math.ceil(users / PER_SHARD) for users in (chosen, everyone))
    return (
        f"    # {chosen:,} of {everyone:,} users; for all of them: steps of 1, and shards: {all_shards}\n"
        f"    users: {{{rows}, row_step: {step}, column_step: {step}}}\n"
        f"    shards: {shards}"
    )
