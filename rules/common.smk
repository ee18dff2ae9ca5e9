# What the rules share: the checked configuration, wildcard constraints, and what each job reads. No rule.

import sys
from functools import cache, partial
from pathlib import Path

import yaml
from snakemake.exceptions import WorkflowError

# The code beside the Snakefile is what runs, and what is fingerprinted, wherever else a copy may be installed.
SOURCE = str(Path(workflow.basedir, "src"))
sys.path.insert(0, SOURCE)

from robustloc.base import plugins
from robustloc.base.errors import UserError
from robustloc.base.seeds import LOCALIZER
from robustloc.data import deepmimo_writer
from robustloc.data import folder as scenario_folder
from robustloc.data.scenes.parts import tracing as tracing_
from robustloc.data.user_grid import Grid, select
from robustloc.experiment import entries, paths, threat_models
from robustloc.experiment import grids as cells
from robustloc.experiment.config import check
from robustloc.jobs.fingerprint import code, section


def repeated(node, place=""):
    """The keys that a YAML mapping has twice, of which the last would count without a word."""
    found = []
    if isinstance(node, yaml.MappingNode):
        names = [key.value for key, _ in node.value]
        twice = {name for name in names if names.count(name) > 1}
        found += [f"{place}{key.value}, line {key.start_mark.line + 1}" for key, _ in node.value if key.value in twice]
        inner = [(f"{place}{key.value}.", value) for key, value in node.value]
    else:
        inner = [(place, value) for value in node.value] if isinstance(node, yaml.SequenceNode) else []
    return found + [one for place, value in inner for one in repeated(value, place)]


for file in workflow.configfiles:
    if again := repeated(yaml.compose(Path(file).read_text(encoding="utf-8"))):
        raise WorkflowError(f"{file}: keys stand there twice, merge what they hold: {'; '.join(again)}")

try:
    check(config, yaml.safe_load(Path(workflow.basedir, "config.schema.yaml").read_text(encoding="utf-8")))
except UserError as error:
    raise WorkflowError(f"configuration: {error}") from None

MODELS = list(dict.fromkeys(name for grid in config["grids"] for name in grid["models"]))
SCENARIOS = list(dict.fromkeys(name for grid in config["grids"] for name in grid["scenarios"]))
MEMBERS = threat_models.members(config)
GRIDS = cells.expanded(config["grids"], MEMBERS)
BUDGETS = threat_models.budgets(config)
ATTACKED = {(place, attack) for grid in GRIDS for place in grid["scenarios"] for attack in grid["attacks"]}

TRACED = [f"<results>/{{scenario}}/raw/{file}" for file in deepmimo_writer.file_names().values()]
CHECKPOINT = f"<results>/{paths.CHECKPOINT}"
CLEAN_SET = f"<results>/{paths.CLEAN_SET}"
ATTACK_SET = f"<results>/{paths.ATTACK_SET}"
EXAMINATION = f"<results>/{paths.EXAMINATION}"
TRANSFER = f"<results>/{paths.TRANSFER}"
EXAMINATIONS = [EXAMINATION.format(**cell) for cell in cells.judged(GRIDS)]
TRANSFERS = sorted({TRANSFER.format(**cell) for cell in cells.judged(GRIDS)})


def either(names):
    """A pattern for one of some names."""
    return "|".join(names) or "none"


wildcard_constraints:
    scenario=either(config["scenarios"]),
    model=either(config["models"]),
    defence=either(config["defences"]),
    attack=either(config["attacks"]),
    seed=r"\d+",
    shard=r"\d+",
    budget=r"(eps|psr-?)(0|[1-9]\d*)(\.\d*[1-9])?",


def chosen(scenario, *keys):
    """Some sections of a scenario's configuration, by name."""
    return {key: config["scenarios"][scenario][key] for key in keys}


def read_by(stage, scenario):
    """The code of a stage that reads raw files: its own, and the format of the scenario's files."""
    if entries.is_embedded(config, scenario):
        return [stage, f"data.formats.{deepmimo_writer.FORMAT}"]
    folder = Path(config["data_folder"], config["scenarios"][scenario]["raw"]["folder"])
    return [stage, f"data.formats.{scenario_folder.find_format(folder)}"]


@cache
def raw_files(scenario):
    """Files that hold the paths of the scenario's base station, the one that tells the generation first."""
    raw, base_station, users, shares = chosen(scenario, "raw", "base_station", "users", "shards").values()
    try:
        if entries.is_embedded(config, scenario):
            place, _ = tracing_.chosen(plugins.load("data.scenes", raw["scene"]), raw["rows"], base_station)
            select([Grid(1, raw["rows"], place.users.shape[1])], **users, shares=shares)
            return [file.format(scenario=scenario) for file in TRACED]
        folder = Path(config["data_folder"], raw["folder"])
        return [str(file) for file in scenario_folder.files(folder, base_station, **users, shares=shares)]
    except UserError as error:
        raise WorkflowError(f"scenario {scenario}: {error}") from None


def checkpoints(grids):
    """Every localizer that some grids train."""
    trained = cells.trained(grids, partial(entries.origin, config), threat_models.surrogates(config))
    return [CHECKPOINT.format(**cell) for cell in trained]


def sets(grids):
    """Every clean and adversarial set of some grids."""
    return [f"<results>/{file}" for file in cells.set_files(grids, BUDGETS)]


CHECKPOINTS, SETS = checkpoints(GRIDS), sets(GRIDS)


def part(axis, name):
    """The data sets, localizers and sets of the grids' cells that have one name."""
    grids = [grid | {axis: [name]} for grid in GRIDS if name in grid[axis]]
    places = {place for grid in grids for place in grid["scenarios"]}
    data = expand(
        "<results>/{place}/{file}", place=sorted(places), file=["split.parquet", "test.parquet", "manifest.json"]
    )
    csi = [file for place, attack in ATTACKED if place in places for file in channels(place, attack)]
    return [
        *(file for place in sorted(places) for file in shards(place)),
        *data,
        *sorted(set(csi)),
        *checkpoints(grids),
        *sets(grids),
    ]


def channels(scenario, attack):
    """The channel matrices, if an attack needs some."""
    return [f"<results>/{scenario}/csi.parquet"] if threat_models.reads_channels(config, attack) else []


CHANNELS = sorted({file for place, attack in ATTACKED for file in channels(place, attack)})


def all_raw_files(wc):
    """Those of all scenarios; what is missing is told at once."""
    found, missing = [], []
    for scenario in SCENARIOS:
        try:
            found += raw_files(scenario)
        except WorkflowError as error:
            missing.append(str(error))
    if missing:
        raise WorkflowError("\n".join(missing))
    return found


def shards(scenario):
    """The Parquet shards of a scenario."""
    return [f"<results>/{scenario}/adp/shard-{n}.parquet" for n in range(config["scenarios"][scenario]["shards"])]


def plugin_modules(kind, names):
    """The files that some entries of models, defences or attacks load, by name below the package."""
    return [f"{kind}.{entries.entry(config, kind, name)['plugin']}" for name in names]


def scene(scenario):
    """What tracing reads of a scenario's configuration."""
    raw = config["scenarios"][scenario]["raw"]
    return {key: raw[key] for key in ("scene", "rows", "max_reflections", "max_paths")}


def tracing(scenario):
    """The code that traces an embedded scene."""
    return ["stages.trace", f"data.scenes.{config['scenarios'][scenario]['raw']['scene']}"]


def attackers(wc, attack=None):
    """The code that makes a set."""
    attacks = plugin_modules("attacks", [attack] if attack else [])
    crafted_on = [{**wc, **found} for name, found in threat_models.surrogates(config).items() if name == attack]
    return ["stages.attack", *localizer_modules(dict(wc), *crafted_on), *attacks]


def localizer(wc):
    """The names of a localizer."""
    return {"scenario": wc.scenario, "model": wc.model, "defence": wc.defence, "seed": int(wc.seed)}


def surrogate(wc, attack):
    """The checkpoint that an attack crafts on, if that is another one."""
    found = threat_models.surrogates(config).get(attack)
    return [CHECKPOINT.format(**{**wc, **found})] if found else []


def cell(wc, attack, budget):
    """The names of a set."""
    entry = config["attacks"].get(attack)
    kind = "none" if not entry else "psr_db" if threat_models.is_physical(config, attack) else entry["norm"]
    value = paths.budget_value(budget) if budget else 0.0
    if budget and budget.startswith("psr") != (kind == "psr_db"):
        raise WorkflowError(
            f"{attack}/{budget}: this attack takes {'psr<decibels>' if kind == 'psr_db' else 'eps<epsilon>'}"
        )
    return localizer(wc) | {"attack": attack or "clean", "epsilon": value, "budget": kind}


def crafting(wc, attack=None, budget=None):
    """The configuration that making a set reads; without an attack, a clean one."""
    return section(
        cell=cell(wc, attack, budget),
        seed=config["seed"],
        attack=entries.entry(config, "attacks", attack) if attack else None,
        batch_size=config["crafting"]["batch_size"],
        keep_adps=bool(attack) and config["crafting"]["keep_adps"],
    )
