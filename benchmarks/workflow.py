"""What the workflow costs beside the work itself: planning, starts of processes, waiting.

1. Planning: seconds of `snakemake -n` in a fresh copy of the checkout, for the default experiment and for grids of some
100, 1,000 and 10,000 jobs, and how many times that is the time of `snakemake --version`. All are called in turn, round
after round; medians, also of the ratios within a round. The largest grid is planned once. Processor seconds stand
beside those of the clock: they can be compared when the machine does other things, too.

2. With --run FOLDER, a whole run: by rule the jobs, how long each works and how long its process takes to start; where
the time of all cores went; and `snakemake` once more, with nothing to be done. FOLDER is made a copy of the checkout in
which `snakemake` runs, by this program's clock. If a run has ended there before, its length is what Snakemake's log
says and the time of `snakemake --version`, as the log begins after the imports. A job's end is when its own log was
written, its begin as long before as that log says. Useful work is the stages' own seconds alone: a core without a job
counts as outside whatever it waits for, and so does the comparison of all results that ends a run.

    python benchmarks/workflow.py
    python benchmarks/workflow.py --run /tmp/finished --write
    python benchmarks/workflow.py --run /tmp/other --configfile experiments/defences.yaml --write
"""

import argparse
import contextlib
import itertools
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from robustloc.base import job_logs
from robustloc.jobs import dry_run

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("Snakefile", "rules", "src", "config.yaml", "config.schema.yaml", "experiments", "profiles", "envs")
SECONDS = ROOT / "src" / "robustloc" / "jobs" / "seconds.yaml"
HEADER = "# Seconds that a job of each rule takes on one core, written by `python benchmarks/workflow.py --write`;"
HEADER += " `snakemake -n` estimates a run from it until the experiment has run once.\n"
VERSION, DEFAULT, LARGEST = "snakemake --version", "snakemake -n, default experiment", 10_000
ATTACKS = ["fgsm", "fgm", "pgd", "mim", "pgd_linf", "noise", "noise_l2"]
# how many scenarios, models and seeds make about so many jobs
GRIDS = {100: (1, 1, 1), 1_000: (2, 2, 3), LARGEST: (2, 2, 33)}


@dataclass(frozen=True)
class Called:
    """A finished call of Snakemake: seconds of the clock and of the processor, the jobs it counted."""

    seconds: float
    processor_s: float
    jobs: int


@dataclass(frozen=True)
class Done:
    """A job that has run: when [s since the epoch], how long it worked and how long its process took to start [s]."""

    rule: str
    inputs: list[Path]
    outputs: list[Path]
    begin: float
    end: float
    seconds: float
    start_up_s: float


def copied(folder: Path) -> Path:
    """Copy what a run needs of the checkout."""
    folder.mkdir(parents=True)
    subprocess.run(["cp", "-r", *PARTS, folder.resolve()], cwd=ROOT, check=True)
    return folder


def snakemake(folder: Path, *arguments: str) -> Called:
    """Call Snakemake and insist on success."""
    command = [sys.executable, "-m", "snakemake", *arguments]
    before = os.times()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    _, _, user_s, system_s, seconds = np.subtract(os.times(), before)  # the first two are of this process
    if done.returncode:
        sys.exit(f"snakemake {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    jobs = re.search(r"^total +(\d+)$", done.stdout, flags=re.MULTILINE)
    return Called(seconds, user_s + system_s, int(jobs[1]) if jobs else 0)


def in_turn(folder: Path, cases: dict[str, list[str]], rounds: int, once: str = "") -> dict[str, list[Called]]:
    """Call Snakemake in several ways, in turn, round after round; one of them only in the first."""
    calls: dict[str, list[Called]] = {name: [] for name in cases}
    for number, name in itertools.product(range(rounds), cases):
        if number == 0 or name != once:
            calls[name].append(snakemake(folder, *cases[name]))
    return calls


def ratio(calls: dict[str, list[Called]], name: str, clock: str = "seconds") -> float:
    """Return how many times the version's time something takes, median over the rounds."""
    pairs = zip(calls[name], calls[VERSION], strict=False)
    return float(np.median([getattr(one, clock) / getattr(version, clock) for one, version in pairs]))


def table(calls: dict[str, list[Called]]) -> list[dict]:
    """Lay out times and ratios."""
    rows = []
    for name, found in calls.items():
        row = {"call": name, "jobs": f"{found[0].jobs:,}"}
        for clock, words in {"seconds": "seconds", "processor_s": "processor seconds"}.items():
            row[words] = f"{np.median([getattr(one, clock) for one in found]):.2f}"
            row[f"{words}, times version"] = f"{ratio(calls, name, clock):.2f}"
        rows.append(row)
    return rows


def planning(rounds: int) -> None:
    """Time dry runs of experiments of several sizes."""
    cases, largest = {VERSION: ["--version"], DEFAULT: ["-n"]}, f"snakemake -n, some {LARGEST:,} jobs"
    with tempfile.TemporaryDirectory() as place:
        folder = copied(Path(place, "checkout"))
        for about, (scenarios, models, seeds) in GRIDS.items():
            grid = {"scenarios": ["indoor", "outdoor"][:scenarios], "models": ["dcnn", "neural_ode"][:models]}
            grid |= {"defences": ["none", "adversarial"], "seeds": list(range(seeds)), "attacks": ATTACKS}
            overlay = folder / f"about_{about}.yaml"
            overlay.write_text(yaml.safe_dump({"grids": [grid], "figures": []}), encoding="utf-8")
            cases[f"snakemake -n, some {about:,} jobs"] = ["-n", "--configfile", overlay.name]
        calls = in_turn(folder, cases, rounds, once=largest)
    show(table(calls))
    judge("dry run of the default experiment over version", ratio(calls, DEFAULT), 3)
    judge(f"dry run of {calls[largest][0].jobs:,} jobs [s]", calls[largest][0].seconds, 60)


def whole_run(folder: Path, arguments: list[str]) -> tuple[float, float]:
    """Run the experiment, or look up the run that was; return its start [s since the epoch] and length [s]."""
    if not folder.exists():
        copied(folder)
        start = time.time()
        return start, snakemake(folder, *arguments).seconds
    for log in sorted(folder.glob(".snakemake/log/*.snakemake.log"), reverse=True):
        if elapsed := re.search(r"\(100%\) done.*\nElapsed time: (.+?)\n", log.read_text("utf-8"), flags=re.DOTALL):
            imports = snakemake(folder, "--version").seconds
            began = datetime.strptime(log.name.removesuffix(".snakemake.log"), "%Y-%m-%dT%H%M%S.%f").timestamp()
            return began - imports, pd.Timedelta(elapsed[1]).total_seconds() + imports
    raise SystemExit(f"{folder}: no run has ended here; name a new folder")


def jobs_done(folder: Path, configfiles: Sequence[Path]) -> list[Done]:
    """Read what every job of an experiment has logged."""
    done = []
    with contextlib.chdir(folder):
        for job in dry_run.jobs(Path("Snakefile"), "figures", configfiles):
            log = job_logs.read(job.outputs[0])
            if log is None:
                sys.exit(f"{folder}: {job.outputs[0]} has no log; let snakemake finish first")
            end = job_logs.path(job.outputs[0]).stat().st_mtime
            work, start_up = log["run"]["seconds"], log["run"]["start_up_s"]
            done.append(Done(job.rule, job.inputs, job.outputs, end - work - start_up, end, work, start_up))
    return done


def waited(done: Sequence[Done], cores: int) -> float:
    """Return for how long cores were free between the first begin and the last end while no job was ready [s]."""
    made = {file: job.end for job in done for file in job.outputs}
    first, last = min(job.begin for job in done), max(job.end for job in done)
    free, total = [first] * cores, 0.0
    for job in sorted(done, key=lambda one: one.begin):
        # on the core that has become free last: which one it was does not matter for the sum
        core = free.index(max((one for one in free if one <= job.begin), default=min(free)))
        ready = max((made[file] for file in job.inputs if file in made), default=first)
        total += max(0.0, min(ready, job.begin) - free[core])
        free[core] = max(free[core], job.end)
    return total + sum(last - one for one in free)


def shares(done: Sequence[Done], start: float, length: float, cores: int) -> dict[str, float]:
    """Return the seconds of all cores by what they were spent on."""
    parts = {
        "useful work": sum(job.seconds for job in done),
        "start of the jobs' processes: imports": sum(job.start_up_s for job in done),
        "before the first job: Snakemake's imports and plan": cores * (min(job.begin for job in done) - start),
        "free cores, no job ready": waited(done, cores),
        "after the last job: comparison of all results": cores * (start + length - max(job.end for job in done)),
    }
    return parts | {"between jobs: Snakemake, shell, request to the warm process": cores * length - sum(parts.values())}


def run(folder: Path, configfile: Path | None, rounds: int, write: bool) -> None:
    """Tell where the time of a run went, and how long Snakemake takes to find that nothing is to be done."""
    configfiles = [configfile.resolve()] if configfile else []
    arguments = ["--configfile", str(configfiles[0])] if configfile else []
    start, length = whole_run(folder, arguments)
    cores, done = len(os.sched_getaffinity(0)), jobs_done(folder, configfiles)
    if min(job.begin for job in done) < start or max(job.end for job in done) > start + length:
        sys.exit(f"{folder}: its results were not made by one run; name a new folder")
    rules = (
        pd.DataFrame(done)
        .groupby("rule", sort=False)
        .agg({"end": "size", "seconds": "mean", "start_up_s": "mean"})
        .round(3)
    )
    show(rules.set_axis(["jobs", "seconds of work per job", "start-up per job [s]"], axis=1).reset_index())
    spent, total = shares(done, start, length, cores), cores * length
    parts = spent | {f"{len(done)} jobs in {length:.1f} s on {cores} cores": total}
    show([{"part": k, "core seconds": f"{v:.1f}", "share": f"{v / total:.1%}"} for k, v in parts.items()])
    again = {VERSION: ["--version"], "snakemake, finished": arguments, "snakemake -n, finished": ["-n", *arguments]}
    calls = in_turn(folder, again, rounds)
    show(table(calls))
    judge("second run over version", ratio(calls, "snakemake, finished"), 4)
    judge("share outside useful work", 1 - spent["useful work"] / total, 0.2)
    if write:
        known = yaml.safe_load(SECONDS.read_text(encoding="utf-8"))
        SECONDS.write_text(HEADER + expected(done, known, is_default=not configfile), "utf-8")


def expected(done: Sequence[Done], known: dict[str, float], is_default: bool) -> str:
    """Write the mean seconds of a job by rule; those of rules that have not run stay as they are known.

    Jobs of another experiment may be of another size, so it only adds rules that are not known.
    """
    rules = {job.rule: [one.seconds + one.start_up_s for one in done if one.rule == job.rule] for job in done}
    means = {rule: float(f"{np.mean(seconds):.2g}") for rule, seconds in rules.items()}
    found = known | means if is_default else means | known
    return "".join(f"{rule}: {seconds:g}\n" for rule, seconds in sorted(found.items()))


def judge(what: str, found: float, longest: float) -> None:
    """Print a figure beside its target."""
    print(f"{what}: {found:.2f} (at most {longest:g}: {'yes' if found <= longest else 'NO'})", flush=True)


def show(rows: list[dict] | pd.DataFrame) -> None:
    """Print a table."""
    print(pd.DataFrame(rows).to_markdown(index=False, disable_numparse=True), end="\n\n", flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--run", type=Path, metavar="FOLDER", help="look at the run there; if it is new, run first")
    parser.add_argument("--configfile", type=Path, help="the experiment to run, instead of the default one")
    text = "write jobs/seconds.yaml of the package from the run; with --configfile, add the rules that it lacks"
    parser.add_argument("--write", action="store_true", help=text)
    arguments = parser.parse_args()
    if arguments.write and not arguments.run:
        parser.error("--write needs a run: --run FOLDER")
    if not arguments.run:
        return planning(arguments.rounds)
    return run(arguments.run, arguments.configfile, arguments.rounds, arguments.write)


if __name__ == "__main__":
    main()
