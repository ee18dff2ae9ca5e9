"""An experiment: what a checked configuration runs, and the file of every result.

Files begin with one of two path variables of the workflow: ``<results>`` holds what experiments share, named by its
cell; ``<experiment>`` holds what one experiment makes of all its cells, such as tables and figures.
"""

from functools import cache, partial
from itertools import product
from pathlib import Path

from robustloc.base import plugins
from robustloc.base.errors import UserError
from robustloc.data import deepmimo_writer, measurement
from robustloc.data import folder as scenario_folder
from robustloc.data.scenes.parts import tracing
from robustloc.data.user_grid import Grid, select
from robustloc.experiment import comparisons, default_figures, entries, grids, paths, threat_models

TRACED = [f"<results>/{{scenario}}/raw/{file}" for file in deepmimo_writer.file_names().values()]
CSI = "<results>/{scenario}/csi.parquet"
CHECKPOINT = f"<results>/{paths.CHECKPOINT}"
CLEAN_SET = f"<results>/{paths.CLEAN_SET}"
ATTACK_SET = f"<results>/{paths.ATTACK_SET}"
EXAMINATION = f"<results>/{paths.EXAMINATION}"
CONVERGENCE = f"<results>/{paths.CONVERGENCE}"
CERTIFICATE = f"<results>/{paths.CERTIFICATE}"
MARGIN = f"<results>/{paths.MARGIN}"
# the table depends on all localizers of the experiment, so each experiment has its own
TRANSFER = f"<experiment>/{paths.TRANSFER}"
FIGURE_SUFFIXES = ("csv", "png", "pdf", "txt")


class Experiment:
    """The cells of an experiment and their files.

    Args:
        config: the checked configuration, see `robustloc.experiment.config.check`.

    Raises:
        UserError: two figures get the same name.
    """

    def __init__(self, config: dict):
        self.config = config
        self.members = threat_models.members(config)
        self.grids = grids.expanded(config["grids"], self.members)
        self.budgets = threat_models.budgets(config)
        self.scenarios, self.models = (
            list(dict.fromkeys(name for grid in config["grids"] for name in grid[axis]))
            for axis in ("scenarios", "models")
        )
        self.localizers, self.judged = grids.localizers(self.grids), grids.judged(self.grids)
        self.attacks = {pair for grid in self.grids for pair in product(grid["scenarios"], grid["attacks"])}
        # the configured figures in their order, then the default ones
        self.configured_figures = {figure["name"]: figure for figure in config["figures"]}
        self.figures = self.configured_figures | default_figures.figures(config, self.grids) | self.configured_figures
        self.comparisons = comparisons.compared(config)
        self.raw_files, self._measured = cache(self._raw_files), cache(self._described)

    @property
    def folder(self) -> str:
        """Folder of the experiment's own results: below the shared ones, if the experiment has a name."""
        return f"<results>/experiments/{self.config['name']}" if self.config["name"] else "<results>"

    def sections(self, scenario: str, *keys: str) -> dict:
        """Return some sections of a scenario's configuration; a measured scenario's channel is in its file alone."""
        found = self.config["scenarios"][scenario]
        if "channel" in keys and entries.is_measured(self.config, scenario):
            found = found | {"channel": self._measured(scenario)[1]}
        return {key: found[key] for key in keys}

    def _described(self, scenario: str) -> tuple[int, dict]:
        """Return the number of users of a measured scenario, and its channel."""
        raw, shares = self.sections(scenario, "raw", "shards").values()
        try:
            users, channel = measurement.describe(Path(self.config["data_folder"], raw["csi"]))
        except UserError as error:
            raise UserError(f"scenario {scenario}: {error}") from None
        if users < shares:
            raise UserError(
                f"scenarios.{scenario}.shards: expected at most {users}, the number of users, found {shares}"
            )
        return users, channel

    def shards(self, scenario: str) -> list[str]:
        """List the Parquet shards of a scenario."""
        return [
            f"<results>/{scenario}/adp/shard-{n}.parquet" for n in range(self.config["scenarios"][scenario]["shards"])
        ]

    def data_set(self, scenario: str) -> list[str]:
        """List the files that make a data set of a scenario's shards."""
        return [f"<results>/{scenario}/{file}" for file in ("split.parquet", "test.parquet", "manifest.json")]

    def _raw_files(self, scenario: str) -> list[str]:
        """List the files that hold the paths of a scenario's base station; the first one identifies the format.

        A measured scenario has one file.
        """
        if entries.is_measured(self.config, scenario):
            self._measured(scenario)  # a faulty file is found while planning
            return [str(Path(self.config["data_folder"], self.config["scenarios"][scenario]["raw"]["csi"]))]
        raw, base_station, users, shares = self.sections(scenario, "raw", "base_station", "users", "shards").values()
        try:
            if entries.is_embedded(self.config, scenario):
                scene = plugins.load("data.scenes", raw["scene"])
                place, _ = tracing.chosen(scene, raw["rows"], base_station)
                select([Grid(1, raw["rows"], place.users.shape[1])], **users, shares=shares)
                return [file.format(scenario=scenario) for file in TRACED]
            folder = Path(self.config["data_folder"], raw["folder"])
            return [str(file) for file in scenario_folder.files(folder, base_station, **users, shares=shares)]
        except UserError as error:
            raise UserError(f"scenario {scenario}: {error}") from None

    def format_module(self, scenario: str) -> str:
        """Return the plugin file that reads a scenario's raw files."""
        if entries.is_embedded(self.config, scenario):
            return f"data.formats.{deepmimo_writer.FORMAT}"
        if entries.is_measured(self.config, scenario):
            return f"data.formats.{measurement.FORMAT}"
        folder = Path(self.config["data_folder"], self.config["scenarios"][scenario]["raw"]["folder"])
        return f"data.formats.{scenario_folder.find_format(folder)}"

    def all_raw_files(self) -> list[str]:
        """List the raw files of all scenarios.

        Raises:
            UserError: names all missing files together.
        """
        found, missing = [], []
        for scenario in self.scenarios:
            try:
                found += self.raw_files(scenario)
            except UserError as error:
                missing.append(str(error))
        if missing:
            raise UserError("\n".join(missing))
        return found

    def channels(self, scenario: str, attack: str) -> list[str]:
        """List the channel matrices that an attack reads, one file or none."""
        return [CSI.format(scenario=scenario)] if threat_models.reads_channels(self.config, attack) else []

    def all_channels(self, scenarios: list[str]) -> list[str]:
        """List the channel matrices of some scenarios that the experiment's attacks read."""
        pairs = [(place, attack) for place, attack in self.attacks if place in scenarios]
        return sorted({file for place, attack in pairs for file in self.channels(place, attack)})

    def checkpoints(self, some: list[dict] | None = None) -> list[str]:
        """List the checkpoint of every localizer that some grids train; by default all grids."""
        origin, surrogates = partial(entries.origin, self.config), threat_models.surrogates(self.config)
        trained = grids.trained(self.grids if some is None else some, origin, surrogates)
        return [CHECKPOINT.format(**cell) for cell in trained]

    def sets(self, some: list[dict] | None = None) -> list[str]:
        """List every clean and adversarial set of some grids; by default all grids."""
        return [f"<results>/{file}" for file in grids.set_files(self.grids if some is None else some, self.budgets)]

    def compared_sets(self) -> list[str]:
        """List the sets of the comparisons."""
        return [f"<results>/{file}" for file in grids.compared_files(self.comparisons)]

    def examinations(self) -> list[str]:
        """List the examination of every localizer that has a verdict."""
        return [EXAMINATION.format(**cell) for cell in self.judged]

    def transfers(self) -> list[str]:
        """List the tables of transferred examples, one per scenario and seed."""
        return sorted({TRANSFER.format(**cell) for cell in self.judged})

    @property
    def converged(self) -> list[dict]:
        """List the localizers that the grids attack with the attack of section ``convergence``."""
        wanted = self.config["convergence"]["attack"]
        return grids.localizers([grid for grid in self.grids if wanted in grid["attacks"]])

    def convergences(self) -> list[str]:
        """List the comparison with a longer attack of every such localizer."""
        return [CONVERGENCE.format(**cell) for cell in self.converged]

    def certificates(self) -> list[str]:
        """List the certificate of every localizer under a defence that certifies."""
        certifying = [name for name in self.config["defences"] if entries.certifies(self.config, name)]
        return [CERTIFICATE.format(**cell) for cell in self.localizers if cell["defence"] in certifying]

    def margins(self) -> list[str]:
        """List the smallest epsilons of every localizer that has a verdict."""
        return [MARGIN.format(**cell) for cell in self.judged]

    def tables(self) -> list[str]:
        """List the tables for programs, each as CSV and as Parquet."""
        names = ["rmse", "summary", "leaderboard", "verdicts"]
        names += ["convergence"] * bool(self.converged) + ["certified"] * bool(self.certificates())
        names += ["comparisons"] * bool(self.comparisons)
        return [file for name in names for file in table(name)]

    def drawn(self, names: list[str] | None = None) -> list[str]:
        """List the files of some figures; by default all figures."""
        chosen = self.figures if names is None else names
        return [f"<experiment>/figures/{name}.{suffix}" for name in chosen for suffix in FIGURE_SUFFIXES]

    def part(self, axis: str, name: str) -> list[str]:
        """List the data sets, localizers and sets of all cells that have one name on an axis, such as one model."""
        some = [grid | {axis: [name]} for grid in self.grids if name in grid[axis]]
        places = sorted({place for grid in some for place in grid["scenarios"]})
        data = [file for place in places for file in (*self.shards(place), *self.data_set(place))]
        return [*data, *self.all_channels(places), *self.checkpoints(some), *self.sets(some)]


def table(name: str) -> list[str]:
    """List the files of a table for programs."""
    return [f"<experiment>/tables/{name}.{suffix}" for suffix in ("csv", "parquet")]
