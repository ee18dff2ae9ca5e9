"""The jobs of an experiment as Snakemake plans them: what each reads and writes, and whether it is due."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from snakemake.api import ConfigSettings, DAGSettings, OutputSettings, ResourceSettings, SnakemakeApi
from snakemake.settings.enums import Quietness

if TYPE_CHECKING:
    from snakemake.dag import DAG


@dataclass(frozen=True)
class Planned:
    """A job with files: its rule, inputs, outputs, parameters by name, and whether it is due."""

    rule: str
    inputs: list[Path]
    outputs: list[Path]
    params: dict[str, object]
    is_due: bool


def jobs(
    snakefile: Path, target: str, configfiles: Sequence[Path] = (), config: dict | None = None, **settings: object
) -> list[Planned]:
    """Plan a target in the current folder, without running anything.

    Args:
        snakefile: the workflow.
        target: name of a rule or of a file.
        configfiles, config: changes of config.yaml, as in the options ``--configfile`` and ``--config``.
        settings: of `snakemake.api.DAGSettings`.

    Raises:
        snakemake.exceptions.WorkflowError: the configuration or the workflow is wrong.
    """
    # quiet about everything: the output setting "dryrun" would print the jobs
    with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        workflow = api.workflow(
            resource_settings=ResourceSettings(cores=1),
            config_settings=ConfigSettings(configfiles=list(configfiles), config=config or {}),
            snakefile=snakefile.absolute(),
        )
        workflow.dag(DAGSettings(targets={target}, **settings)).execute_workflow(executor="dryrun")
        return planned(workflow._workflow.dag)  # the API has no public access to it


def planned(dag: "DAG") -> list[Planned]:
    """List the jobs with files of a plan."""
    return [
        Planned(
            job.rule.name,
            [Path(file) for file in job.input],
            [Path(file) for file in job.output],
            dict(job.params.items()),
            dag.needrun(job),
        )
        for job in dag.jobs
        if job.output
    ]
