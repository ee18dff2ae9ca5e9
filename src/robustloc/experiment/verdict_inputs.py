"""What the rules of verdicts and certificates read, as `job_inputs` has it for other rules."""

from robustloc.base.errors import UserError
from robustloc.experiment import entries, localizers, paths, threat_models
from robustloc.experiment.experiment import ATTACK_SET, CHECKPOINT, Experiment


def examine(run: Experiment, **cell: object) -> dict:
    """Configuration of an examination."""
    attacks = {kind: sorted(run.config["verdict"][kind]) for kind in ("gradients", "others")}
    return {"model": localizers.bare_network(run, **cell)["plugin"], **attacks, **_examining(run, cell["scenario"])}


def examine_modules(run: Experiment, **cell: object) -> list[str]:
    """Code that examines a localizer."""
    return ["stages.examine", *localizers.modules(run, cell)]


def examined_sets(run: Experiment, kind: str, **cell: object) -> list[str]:
    """The sets, at the reference epsilon, of the examination's attacks of a kind: ``gradients`` or ``others``."""
    return [_reference_set(run, attack, **cell) for attack in sorted(run.config["verdict"][kind])]


def _reference_set(run: Experiment, attack: str, *, scenario: str, **cell: object) -> str:
    budget = paths.budget_tag("eps", threat_models.reference_epsilon(run.config, scenario))
    return ATTACK_SET.format(scenario=scenario, **cell, attack=attack, budget=budget)


def _examining(run: Experiment, scenario: str) -> dict:
    return {
        "epsilon": threat_models.reference_epsilon(run.config, scenario),
        "users": run.config["verdict"]["users"],
    }


def converge(run: Experiment, **cell: object) -> dict:
    """Configuration of the comparison with a longer attack."""
    section, crafting = run.config["convergence"], run.config["crafting"]
    attack, epsilon = section["attack"], threat_models.reference_epsilon(run.config, cell["scenario"])
    return {
        "cell": localizers.names(**cell) | {"attack": attack, "epsilon": epsilon},
        "norm": run.config["attacks"][attack]["norm"],
        "seed": run.config["seed"],
        "batch_size": crafting["batch_size"],
        **{key: section[key] for key in ("users", "times")},
    }


def converge_modules(run: Experiment, **cell: object) -> list[str]:
    """Code that attacks a localizer for longer."""
    return ["stages.converge", *localizers.modules(run, cell)]


def converged_set(run: Experiment, **cell: object) -> str:
    """The set of the attack that is compared with a longer one."""
    return _reference_set(run, run.config["convergence"]["attack"], **cell)


def converged(run: Experiment) -> dict:
    """Configuration of the table of comparisons with a longer attack: nothing, but it must have a row.

    Raises:
        UserError: no grid has the attack.
    """
    if not run.converged:
        attack = run.config["convergence"]["attack"]
        raise UserError(
            f"convergence.attack: expected an attack of a grid, found {attack}, which no grid has; add it to the "
            "attacks of a grid, or name another attack"
        )
    return {}


def transferred(run: Experiment, scenario: str, seed: str) -> list[dict]:
    """The localizers of a scenario and seed that have a verdict."""
    return [cell for cell in run.judged if cell["scenario"] == scenario and cell["seed"] == int(seed)]


def transfer_checkpoints(run: Experiment, scenario: str, seed: str) -> list[str]:
    """The checkpoints of these localizers."""
    return [CHECKPOINT.format(**cell) for cell in transferred(run, scenario, seed)]


def transfer(run: Experiment, scenario: str, seed: str) -> dict:
    """Configuration of the transfer table: every localizer under the examples of the others."""
    found = transferred(run, scenario, seed)
    return {"localizers": sorted(list(cell.values()) for cell in found), **_examining(run, scenario)}


def transfer_modules(run: Experiment, scenario: str, seed: str) -> list[str]:
    """Code that makes the transfer table."""
    return ["stages.transfer", *localizers.modules(run, *transferred(run, scenario, seed))]


def judge(run: Experiment) -> dict:
    """Configuration of the verdicts."""
    cells, converged = sorted(run.judged, key=str), run.converged
    limits = run.config["verdict"]["limits"]
    return {"localizers": cells, "converged": [cell for cell in cells if cell in converged], "limits": limits}


def certify(run: Experiment, **cell: object) -> dict:
    """Configuration of a certificate."""
    return {"cell": localizers.names(**cell), "seed": run.config["seed"], **run.config["certificates"]}


def certified(run: Experiment) -> dict:
    """Configuration of the table of certificates: nothing, but it must have a row.

    Raises:
        UserError: no localizer has a certificate.
    """
    if not run.certificates():
        certifying = ", ".join(name for name in run.config["defences"] if entries.certifies(run.config, name))
        raise UserError(
            f"grids: expected a defence that certifies, found none; add one to the defences of a grid ({certifying})"
        )
    return {}


def certify_modules(run: Experiment, **cell: object) -> list[str]:
    """Code that certifies a localizer."""
    return ["stages.certify", *localizers.modules(run, cell)]
