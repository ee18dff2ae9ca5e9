"""What an experiment runs: the cells of its grids."""

from collections.abc import Callable, Iterator
from itertools import product

from robustloc.base.seeds import LOCALIZER
from robustloc.experiment.paths import ATTACK_SET, CLEAN_SET

AXES = ("scenarios", "models", "defences", "seeds")

Budgets = dict[str, dict[str, dict[str, list[str]]]]


def localizers(grids: list[dict]) -> list[dict]:
    """List every trained localizer of the grids once: scenario, model, defence and seed."""
    found = dict.fromkeys(cell for grid in grids for cell in product(*(grid[axis] for axis in AXES)))
    return [dict(zip(LOCALIZER, cell, strict=True)) for cell in found]


def trained(grids: list[dict], origin: Callable[[str, str], dict | None], surrogates: dict[str, dict]) -> list[dict]:
    """List every localizer that is trained: the grids' localizers, their starting points, and the surrogates.

    Args:
        grids: products of scenarios, models, defences, seeds and attacks.
        origin: model, defence -> model and defence of the checkpoint that training starts from, or None.
        surrogates: attack -> model and defence that it crafts on, if it does not craft on the attacked localizer.
    """
    found = localizers(grids)
    for grid in grids:
        for attack in grid["attacks"]:
            if attack in surrogates:
                for scenario, seed in product(grid["scenarios"], grid["seeds"]):
                    found.append({"scenario": scenario, **surrogates[attack], "seed": seed})
    for cell in found:  # the list grows during the loop, which also finds the starts of starts
        if start := origin(cell["model"], cell["defence"]):
            found.append(cell | start)
    unique = dict.fromkeys(tuple(cell[name] for name in LOCALIZER) for cell in found)
    return [dict(zip(LOCALIZER, cell, strict=True)) for cell in unique]


def expanded(grids: list[dict], members: dict[str, list[str]]) -> list[dict]:
    """Add to each grid the members of its ensembles, so that the members are also computed and shown."""
    every = [[*grid["attacks"], *(one for name in grid["attacks"] for one in members.get(name, []))] for grid in grids]
    return [grid | {"attacks": list(dict.fromkeys(names))} for grid, names in zip(grids, every, strict=True)]


def canonical(grids: list[dict]) -> list[dict]:
    """Sort grids, and the names in each, so that equal experiments have equal texts."""
    lists = ({key: value if isinstance(value, str) else sorted(value) for key, value in grid.items()} for grid in grids)
    return sorted((dict(sorted(grid.items())) for grid in lists), key=str)


def attacked(grids: list[dict], budgets: Budgets) -> list[dict]:
    """List every adversarial set of the grids once: a localizer's cell, the attack and the budget's tag.

    Args:
        grids: products of scenarios, models, defences, seeds and attacks, and ``epsilons``: all (default) or reference.
        budgets: value of ``epsilons`` -> scenario -> attack -> tags.
    """
    found = dict.fromkeys(_attacked(grids, budgets))
    return [dict(zip((*LOCALIZER, "attack", "budget"), cell, strict=True)) for cell in found]


def judged(grids: list[dict]) -> list[dict]:
    """List every localizer that has a verdict: every localizer that a grid attacks."""
    return localizers([grid for grid in grids if grid["attacks"]])


def set_files(grids: list[dict], budgets: Budgets) -> list[str]:
    """List the files of all clean and adversarial sets, relative to the results folder."""
    clean = [CLEAN_SET.format(**cell) for cell in localizers(grids)]
    return clean + [ATTACK_SET.format(**cell) for cell in attacked(grids, budgets)]


def sides(comparison: dict) -> list[dict[int, str]]:
    """Return the sets of both localizers of a comparison by seed, as files relative to the results folder.

    Args:
        comparison: see `robustloc.experiment.comparisons.compared`.
    """
    template = ATTACK_SET if comparison["budget"] else CLEAN_SET
    return [
        {seed: template.format(**comparison | comparison[side] | {"seed": seed}) for seed in seeds}
        for side, seeds in zip(("first", "second"), comparison["seeds"], strict=True)
    ]


def compared_files(comparisons: list[dict]) -> list[str]:
    """List the files of all sets of some comparisons once, relative to the results folder."""
    return list(dict.fromkeys(file for one in comparisons for side in sides(one) for file in side.values()))


def _attacked(grids: list[dict], budgets: Budgets) -> Iterator[tuple]:
    for grid in grids:
        for cell in product(*(grid[axis] for axis in (*AXES, "attacks"))):
            yield from ((*cell, tag) for tag in budgets[grid.get("epsilons", "all")][cell[0]][cell[-1]])
