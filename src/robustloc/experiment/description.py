"""The report's description of an experiment: its scenarios, entries and figures."""

from robustloc.experiment import default_figures, entries, grids, paths, threat_models
from robustloc.experiment.experiment import Experiment
from robustloc.experiment.job_inputs import carrier_hz, scene


def page(run: Experiment) -> dict:
    """Configuration of the report."""
    config = run.config
    return {
        "figures": default_figures.described(run.figures),
        "scenarios": {name: _scenario(run, name) for name in run.scenarios},
        "seed": config["seed"],
        "seeds": sorted({seed for grid in run.grids for seed in grid["seeds"]}),
        "training": config["training"],
        **{kind: _entries(run, kind) for kind in ("models", "defences", "attacks")},
    }


def _scenario(run: Experiment, scenario: str) -> dict:
    raw, carrier = run.config["scenarios"][scenario]["raw"], carrier_hz(run, scenario)
    return run.sections(scenario, "channel", "adp", "split") | {
        "base_station": run.config["scenarios"][scenario].get("base_station"),
        "raw": raw.get("folder", raw) if carrier is None else scene(run, scenario),
        "carrier_hz": carrier,
        "epsilons": _budgets(run, scenario, "eps"),
        "psrs_db": _budgets(run, scenario, "psr"),
        "compared_epsilon": threat_models.compared_epsilon(run.config, scenario),
        "reference_epsilon": threat_models.reference_epsilon(run.config, scenario),
    }


def _budgets(run: Experiment, scenario: str, kind: str) -> list[float]:
    """List the budgets of one kind, eps or psr, at which a scenario is attacked."""
    tags = {cell["budget"] for cell in grids.attacked(run.grids, run.budgets) if cell["scenario"] == scenario}
    return sorted(paths.budget_value(tag) for tag in tags if tag.startswith(kind))


def _entries(run: Experiment, kind: str) -> dict:
    """Return the entries of models, defences or attacks that the grids name."""
    found = {}
    for name in {name for grid in run.grids for name in grid[kind]}:
        entry = run.config[kind][name]
        more = {key: entry[key] for key in ("file", "weights", "start", "attacks", "training") if key in entry}
        found[name] = entries.entry(run.config, kind, name) | more
    return found
