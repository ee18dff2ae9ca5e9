"""The pairs of localizers that an experiment compares: each model and defence of an entry with the entry's control."""

from collections.abc import Iterator
from itertools import product

from robustloc.base.errors import UserError
from robustloc.experiment import schema, threat_models
from robustloc.experiment.grids import attacked, expanded, localizers
from robustloc.experiment.paths import budget_tag

# what a comparison is made of, beside its seeds
NAMES = ("scenario", "attack", "budget", "first", "second")


def compared(config: dict) -> list[dict]:
    """List every comparison of a checked configuration once, sorted by its names.

    Returns:
        For each scenario, ``attack`` (or ``clean``), ``budget`` (a tag; empty: clean), ``first`` and ``second`` (model
        and defence of the localizer and of its control), and ``seeds``, a list for each of the two.

    Raises:
        UserError: an entry names something unknown, compares a localizer with itself, or names a cell that no grid
            computes; or the two have no common seed.
    """
    seeds = _seeds(config)
    found = {}
    for index, entry in enumerate(config["comparisons"]):
        place = f"comparisons[{index}]"
        for names in _pairs(config, entry, place):
            found[str(names)] = names | {"seeds": _common(names, seeds, place)}
    return [found[key] for key in sorted(found)]


def _pairs(config: dict, entry: dict, place: str) -> Iterator[dict]:
    """Yield the names of each comparison of one entry: without attack, and under each attack."""
    for axis in ("scenarios", "models", "defences", "attacks"):
        schema.known(f"{place}.{axis}", entry.get(axis, []), config[axis])
    for axis, name in entry["control"].items():
        schema.known(f"{place}.control.{axis}", [name], config[f"{axis}s"])
    places = entry.get("scenarios") or sorted({name for grid in config["grids"] for name in grid["scenarios"]})
    for scenario, model, defence in product(places, entry["models"], entry["defences"]):
        first = {"model": model, "defence": defence}
        second = first | entry["control"]
        if first == second:
            raise UserError(f"{place}: compares {model} under {defence} with itself; change control")
        for attack, budget in [("clean", ""), *_budgets(config, scenario, entry["attacks"])]:
            yield dict(zip(NAMES, (scenario, attack, budget, first, second), strict=True))


def _budgets(config: dict, scenario: str, attacks: list[str]) -> Iterator[tuple[str, str]]:
    """Yield attacks with their budgets: the compared epsilon, or every power of an attack over the air."""
    tags = threat_models.budgets(config)["all"][scenario]
    epsilon = budget_tag("eps", threat_models.compared_epsilon(config, scenario))
    for attack in attacks:
        budgets = tags[attack] if threat_models.is_physical(config, attack) else [epsilon]
        yield from ((attack, tag) for tag in budgets)


def _seeds(config: dict) -> dict[tuple, list[int]]:
    """Return the seeds of every cell that the grids compute, by scenario, model, defence, attack and budget."""
    grids = expanded(config["grids"], threat_models.members(config))
    clean = [cell | {"attack": "clean", "budget": ""} for cell in localizers(grids)]
    found: dict[tuple, list[int]] = {}
    for cell in [*clean, *attacked(grids, threat_models.budgets(config))]:
        names = tuple(cell[key] for key in ("scenario", "model", "defence", "attack", "budget"))
        found.setdefault(names, []).append(cell["seed"])
    return {names: sorted(own) for names, own in found.items()}


def _common(names: dict, computed: dict[tuple, list[int]], place: str) -> list[list[int]]:
    """Return the seeds of both localizers of a comparison."""
    scenario, attack, budget = (names[key] for key in ("scenario", "attack", "budget"))
    both = []
    for side in (names["first"], names["second"]):
        seeds = computed.get((scenario, side["model"], side["defence"], attack, budget))
        if seeds is None:
            under = f"attack {attack}, budget {budget}" if budget else "without attack"
            raise UserError(
                f"{place}: no grid computes scenario {scenario}, model {side['model']}, defence {side['defence']}, "
                f"{under}; add it to grids, or change the comparison"
            )
        both.append(seeds)
    if not set(both[0]) & set(both[1]):
        listed = " and ".join(", ".join(map(str, seeds)) for seeds in both)
        first, second = (f"{side['model']} under {side['defence']}" for side in (names["first"], names["second"]))
        raise UserError(
            f"{place}: expected a common seed of {first} and {second}, found {listed}; correct seeds in grids"
        )
    return both
