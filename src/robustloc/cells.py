"""What an experiment runs: the cells of its grids, and the file of each below the results folder.

Paths are the names of the configuration in a fixed order and nothing else.
"""

from collections.abc import Iterator
from decimal import Decimal
from itertools import product

SEED_FOLDER = "{scenario}/{model}/{defence}/seed{seed}"
CHECKPOINT = f"{SEED_FOLDER}/checkpoint.pt"
CLEAN_SET = f"{SEED_FOLDER}/clean.parquet"
ATTACK_SET = f"{SEED_FOLDER}/{{attack}}/eps{{eps}}.parquet"

LOCALIZER = ("scenario", "model", "defence", "seed")


def epsilon_tag(epsilon: float) -> str:
    """Write an epsilon for a file name, so that 0.010 and 1e-2 are both ``0.01``."""
    return format(Decimal(str(epsilon)).normalize(), "f")


def localizers(grids: list[dict]) -> list[dict]:
    """List every trained localizer of the grids once: scenario, model, defence and seed."""
    axes = ("scenarios", "models", "defences", "seeds")
    found = dict.fromkeys(cell for grid in grids for cell in product(*(grid[axis] for axis in axes)))
    return [dict(zip(LOCALIZER, cell, strict=True)) for cell in found]


def trained(grids: list[dict], starts: dict[str, str]) -> list[dict]:
    """List every localizer that is trained: those of the grids, and those that their defences start from.

    Args:
        grids: products of scenarios, models, defences, seeds and attacks.
        starts: defence -> the defence whose checkpoint it starts from, where it does.
    """
    found = localizers(grids)
    for cell in found:  # grows while it is walked
        if start := starts.get(cell["defence"]):
            before = cell | {"defence": start}
            if before not in found:
                found.append(before)
    return found


def canonical(grids: list[dict]) -> list[dict]:
    """Sort grids, and the names in each, so that equal experiments are equal texts."""
    return sorted(({axis: sorted(grid[axis]) for axis in sorted(grid)} for grid in grids), key=str)


def attacked(grids: list[dict], epsilons: dict[str, list[float]]) -> list[dict]:
    """List every adversarial set of the grids once: a localizer's cell, the attack and the epsilon's tag.

    Args:
        grids: products of scenarios, models, defences, seeds and attacks.
        epsilons: those of each scenario.
    """
    found = dict.fromkeys(_attacked(grids, epsilons))
    return [dict(zip((*LOCALIZER, "attack", "eps"), cell, strict=True)) for cell in found]


def set_files(grids: list[dict], epsilons: dict[str, list[float]]) -> list[str]:
    """List the files of all clean and adversarial sets, relative to the results folder."""
    clean = [CLEAN_SET.format(**cell) for cell in localizers(grids)]
    return clean + [ATTACK_SET.format(**cell) for cell in attacked(grids, epsilons)]


def _attacked(grids: list[dict], epsilons: dict[str, list[float]]) -> Iterator[tuple]:
    for grid in grids:
        for scenario in grid["scenarios"]:
            tags = [epsilon_tag(epsilon) for epsilon in epsilons[scenario]]
            yield from product([scenario], grid["models"], grid["defences"], grid["seeds"], grid["attacks"], tags)
