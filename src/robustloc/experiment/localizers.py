"""What training, adopting and loading a localizer reads: configuration, code and files.

Functions take an experiment and the names of a localizer, as they are in the path of its checkpoint.
"""

from pathlib import Path

from robustloc.base.errors import UserError
from robustloc.experiment import entries, paths
from robustloc.experiment.experiment import CHECKPOINT, Experiment
from robustloc.localizer import model_file


def names(*, scenario: str, model: str, defence: str, seed: str | int, **_: object) -> dict:
    """Return the names of a localizer alone, the seed as a number."""
    return {"scenario": scenario, "model": model, "defence": defence, "seed": int(seed)}


def from_files(config: dict) -> list[str]:
    """List the models that come from files."""
    return [name for name, model in config["models"].items() if "file" in model]


def untrained_defences(config: dict) -> list[str]:
    """List the defences that leave a network from a file unchanged; other defences train it."""
    defences = config["defences"]
    return [name for name in defences if "start" not in defences[name] and not entries.needs_epsilon(config, name)]


def network(run: Experiment, *, scenario: str, model: str, seed: str | int, **_: object) -> dict:
    """Return plugin and parameters of a network and, for a file, the defence that wraps it (``wrapper``).

    Raises:
        UserError: the file cannot be read.
    """
    if model not in from_files(run.config):
        return entries.entry(run.config, "models", model) | {"wrapper": None}
    try:
        return model_file.described(Path(file(run, scenario=scenario, model=model, seed=seed)))
    except UserError as error:
        raise UserError(f"models.{model}.file: {error}") from None


def bare_network(run: Experiment, **cell: object) -> dict:
    """Return plugin and parameters of a network alone."""
    return {key: network(run, **cell)[key] for key in ("plugin", "parameters")}


def file(run: Experiment, *, scenario: str, model: str, seed: str | int, **_: object) -> str:
    """Return the file that a localizer is taken from."""
    return entries.model_file(run.config, model, scenario, seed)


def readable_file(run: Experiment, **cell: object) -> list[str]:
    """Return the file that a localizer is taken from, after a check that it can be read."""
    network(run, **cell)
    return [file(run, **cell)]


def modules(run: Experiment, *cells: dict) -> list[str]:
    """List the plugin files that some trained localizers are made of."""
    found = set(entries.modules(run.config, "defences", [cell["defence"] for cell in cells]))
    for cell in cells:
        made = network(run, **cell)
        found |= {f"models.{made['plugin']}"} if made["plugin"] != model_file.SCRIPT else set()
        found |= {f"defences.{made['wrapper']}"} if made["wrapper"] else set()
    return sorted(found)


def training_attacks(run: Experiment, defence: str) -> list[str]:
    """List the attacks that a defence crafts with in training."""
    return run.config["defences"][defence].get("attacks", [])


def start(run: Experiment, **cell: object) -> list[str]:
    """List the checkpoint that training starts from, if it starts from one.

    Raises:
        UserError: the file's network is already wrapped by a defence and cannot get another defence.
    """
    origin = entries.origin(run.config, cell["model"], cell["defence"])
    if origin and (wrapper := network(run, **cell)["wrapper"]):
        raise UserError(
            f"models.{cell['model']}.file: the network in this checkpoint is wrapped by {wrapper}; expected the "
            f"defence none, found {cell['defence']}"
        )
    return [CHECKPOINT.format(**cell | origin)] if origin else []


def lineage(run: Experiment, cell: dict) -> list[dict]:
    """List model and defence of each training that makes a localizer, in the order of the trainings."""
    found = [{"model": cell["model"], "defence": cell["defence"]}]
    while origin := entries.origin(run.config, found[0]["model"], found[0]["defence"]):
        found.insert(0, origin)
    return found


def trainings(run: Experiment, cell: dict) -> list[str]:
    """List the logs of all trainings that make a localizer, below the results folder; none if it comes from a file."""
    found = lineage(run, cell)
    return [] if found[0]["model"] in from_files(run.config) else [paths.TRAINING.format(**cell | one) for one in found]


def train(run: Experiment, **cell: object) -> dict:
    """Return the configuration that training a localizer reads."""
    config, defence = run.config, cell["defence"]
    attacks = [entries.entry(config, "attacks", name) for name in training_attacks(run, defence)]
    training = config["training"] | config["defences"][defence].get("training", {})
    if "weights" in config["models"][cell["model"]]:  # the weights of another entry, unchanged
        training |= {"epochs": 0}
    key = entries.training_budget(config, defence)
    budget = config["scenarios"][cell["scenario"]][key] if key else 0
    return {
        "cell": names(**cell),
        "seed": config["seed"],
        "model": bare_network(run, **cell),
        "defence": entries.entry(config, "defences", defence) | {"attacks": attacks},
        "training": training,
        "epsilon": 10 ** (budget / 20) if key == "training_psr_db" else budget,
    }


def train_modules(run: Experiment, **cell: object) -> list[str]:
    """List the code that trains a localizer."""
    attacks = entries.modules(run.config, "attacks", training_attacks(run, cell["defence"]))
    return ["stages.train", *modules(run, cell), *attacks]


def adopt(run: Experiment, **cell: object) -> dict:
    """Return the configuration that taking a localizer from a file reads."""
    return {"cell": names(**cell)}


def adopt_modules(run: Experiment, **cell: object) -> list[str]:
    """List the code that takes a localizer from a file."""
    return ["stages.adopt", *modules(run, cell)]
