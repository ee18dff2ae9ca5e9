"""The default figures of every experiment, and the sets that figures are drawn from.

The choice depends on names and numbers alone, never on the order in which a configuration lists them.
"""

from collections.abc import Iterator

from robustloc.base import plugins
from robustloc.base.errors import UserError
from robustloc.experiment import threat_models
from robustloc.experiment.grids import localizers
from robustloc.experiment.paths import ATTACK_SET, CLEAN_SET, budget_tag

# Keys of attacks that have another goal than a large error of the attacked model.
AIMED_ELSEWHERE = {"target", "surrogate"}


def figures(config: dict, grids: list[dict]) -> dict[str, dict]:
    """Return the default figures by name: map and cdf of every scenario and model, power and gallery if it is attacked.

    Args:
        config: the checked configuration.
        grids: products of scenarios, models, defences, seeds and attacks.

    Raises:
        UserError: two pairs of scenario and model give figures of the same name.
    """
    found: dict[str, dict] = {}
    for scenario, model in sorted({(cell["scenario"], cell["model"]) for cell in localizers(grids)}):
        for figure in _of(config, grids, scenario, model):
            name = f"{figure['kind']}_{scenario}_{model}"
            if name in found:
                raise UserError(
                    f"models.{model}: with scenario {scenario} its default figure is {name}, the same as for another "
                    "model and scenario; rename the model"
                )
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


def described(figures: dict[str, dict]) -> list[dict]:
    """Return figures with the title and the section of the report that their kinds name."""
    return [
        figure | {key.lower(): plugins.constant("figures", figure["kind"], key) for key in ("TITLE", "SECTION")}
        for figure in figures.values()
    ]


def sets(figure: dict, computed: list[dict]) -> list[str]:
    """List the files of the sets that a figure is drawn from, relative to the results folder.

    Args:
        figure: scenario, model, defence or defences; optional: seed (default: all seeds), attack and epsilon (default:
            clean errors only).
        computed: the localizers of the experiment and its attacked cells (`grids.localizers`, `grids.attacked`).
    """
    exact = {name: figure[name] for name in ("scenario", "model", "seed") if name in figure}
    own = [cell for cell in computed if exact.items() <= cell.items()]
    shown = {"attack": figure.get("attack")}
    if "attack" in figure:
        shown["budget"] = budget_tag("eps", figure["epsilon"])
    found = []
    for defence in figure.get("defences", [figure.get("defence")]):
        alike = [cell for cell in own if cell["defence"] == defence]
        if "seed" not in figure:  # an adversarial set also has the clean estimates, so one seed needs no other set
            found += sorted({CLEAN_SET.format(**cell) for cell in alike})
        found += sorted({ATTACK_SET.format(**cell) for cell in alike if shown.items() <= cell.items()})
    return found


def _shown_attack(config: dict, attacks: list[str]) -> str | None:
    """Choose ``worst``, else the first attack by name.

    Attacks without an epsilon are never chosen. Attacks with another goal are chosen only if there are no others.
    """
    by_epsilon = [attack for attack in attacks if not threat_models.is_physical(config, attack)]
    others = {attack for attack in by_epsilon if AIMED_ELSEWHERE.intersection(config["attacks"][attack])}
    return min(by_epsilon, key=lambda attack: (attack != "worst", attack in others, attack), default=None)


def _names(grids: list[dict], axis: str) -> list[str]:
    """List the names of an axis of some grids, ``none`` first."""
    return sorted({name for grid in grids for name in grid[axis]}, key=lambda name: (name != "none", name))
