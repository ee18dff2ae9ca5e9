"""Jobs that are killed leave nothing that a later run could take for a result."""

import os
import signal
import subprocess
import sys
import time

from workflow_project import SMOKE, Project

SHARD = "results/smoke/outdoor/adp/shard-0.parquet"
# enough users that writing takes a while
LARGE = {
    "raw": {"rows": 60},
    "users": {"rows": [1, 60], "column_step": 1},
    "channel": {"antennas": 64, "subcarriers": 64},
    "shards": 1,
}


def kill_halfway(project: Project, *arguments: str) -> None:
    """Start a run and kill the shard's job with the first users written."""
    environment = os.environ | {"VIRTUAL_ENV": sys.prefix}
    command = [sys.executable, "-m", "snakemake", *arguments]
    with subprocess.Popen(command, cwd=project.folder, env=environment, stderr=subprocess.DEVNULL) as running:
        while running.poll() is None:
            for file in (project.folder / SHARD).parent.glob(".shard-0.parquet.*.tmp"):
                if file.stat().st_size > 1_000_000:
                    os.kill(int(file.name.split(".")[-2]), signal.SIGKILL)
                    running.wait()
            time.sleep(0.005)
    assert running.returncode != 0


def test_killed_shard(fresh: Project) -> None:
    """A shard whose job was killed halfway is made again, to the byte as without the kill, and no remains stay."""
    arguments = ("--configfile", SMOKE, fresh.overlay({"scenarios": {"outdoor": LARGE}}), "--", SHARD)
    kill_halfway(fresh, *arguments)
    shard = fresh.folder / SHARD
    assert not shard.exists()
    assert list(shard.parent.glob(".*.tmp"))

    fresh.run(*arguments)

    assert not list(shard.parent.glob(".*.tmp"))
    content = shard.read_bytes()
    shard.unlink()
    fresh.run(*arguments)
    assert shard.read_bytes() == content
