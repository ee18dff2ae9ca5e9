"""The figures that every experiment has without being asked, and the sets that figures of users are drawn from.

What is chosen follows from names and numbers alone, never from the order in which a configuration lists them.
"""

from collections.abc import Iterator

from robustloc.base.errors import UserError
from robustloc.experiment import threat_models
from robustloc.experiment.grids import localizers
from robustloc.experiment.paths import ATTACK_SET, CLEAN_SET, budget_tag

# keys of attacks that want something else than a large error of the very model
AIMED_ELSEWHERE = {"target", "surrogate"}


def figures(config: dict, grids: list[dict]) -> dict[str, dict]:
    """List, by name, a map and a distribution of the errors of every scenario and model, and more of attacked ones.

    Args:
        config: the checked configuration.
        grids: products of scenarios, models, defences, seeds and attacks.

    Raises:
        UserError: two names of a scenario and a model run into one.
    """
    found: dict[str, dict] = {}
    for scenario, model in dict.fromkeys((cell["scenario"], cell["model"]) for cell in localizers(grids)):
        for figure in _of(config, grids, scenario, model):
            name = f"{figure['kind']}_{scenario}_{model}"
            if name in found:
                raise UserError(f"models.{model}: with scenario {scenario} it has the figure {name}, as another pair")
            found[name] = {"name": name, "scenario": scenario} | figure
    return found


def _of(config: dict, grids: list[dict], scenario: str, model: str) -> Iterator[dict]:
    """Describe the figures of one scenario and model."""
    own = [grid for grid in grids if scenario in grid["scenarios"] and model in grid["models"]]
    attacks = _names(own, "attacks")
    attack = _shown_attack(config, attacks)
    shown = {"attack": attack, "epsilon": threat_models.compared_epsilon(config, scenario)} if attack else {}
    for kind in ("map", "cdf"):
        yield {"kind": kind, "model": model, "defences": _names(own, "defences")} | shown
    if attacks:
        defences = _names([grid for grid in own if grid["attacks"]], "defences")
        yield {"kind": "power", "models": [model], "defences": defences, "attacks": attacks}
    if attack and config["crafting"]["keep_adps"]:
        under = [grid for grid in own if attack in grid["attacks"]]
        defence = _names(under, "defences")[0]
        seed = min(seed for grid in under if defence in grid["defences"] for seed in grid["seeds"])
        yield {"kind": "gallery", "model": model, "defence": defence, "seed": seed} | shown


def sets(figure: dict, computed: list[dict]) -> list[str]:
    """List the files of the sets that a figure of users shows, relative to the results folder.

    Args:
        figure: scenario, model and defence(s), the seed or none for all, and attack and epsilon if some is shown.
        computed: the localizers of the experiment and its attacked cells (`localizers`, `cells.attacked`).
    """
    exact = {name: figure[name] for name in ("scenario", "model", "seed") if name in figure}
    own = [cell for cell in computed if exact.items() <= cell.items()]
    shown = {"attack": figure.get("attack")}
    if "attack" in figure:
        shown["budget"] = budget_tag("eps", figure["epsilon"])
    found = []
    for defence in figure.get("defences", [figure.get("defence")]):
        alike = [cell for cell in own if cell["defence"] == defence]
        if "seed" not in figure:  # one set has both estimates of a user
            found += sorted({CLEAN_SET.format(**cell) for cell in alike})
        found += sorted({ATTACK_SET.format(**cell) for cell in alike if shown.items() <= cell.items()})
    return found


def _shown_attack(config: dict, attacks: list[str]) -> str | None:
    """Choose of those that have epsilons ``worst``, or the first by name, of no other aim if there is such a one."""
    by_epsilon = [attack for attack in attacks if not threat_models.is_physical(config, attack)]
    others = {attack for attack in by_epsilon if AIMED_ELSEWHERE.intersection(config["attacks"][attack])}
    return min(by_epsilon, key=lambda attack: (attack != "worst", attack in others, attack), default=None)


def _names(grids: list[dict], axis: str) -> list[str]:
    """List the names of an axis, no defence before the others."""
    return sorted({name for grid in grids for name in grid[axis]}, key=lambda name: (name != "none", name))
