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


def test_killed_training(fresh: Project) -> None:
    """A training that was killed between two epochs goes on, and ends with the bytes of an undisturbed one."""
    checkpoint = fresh.folder / "results/smoke/indoor/dcnn/none/seed0/checkpoint.pt"
    arguments = ("--configfile", SMOKE, fresh.overlay({"training": {"epochs": 30}}), "--")
    target = str(checkpoint.relative_to(fresh.folder))
    command = [sys.executable, "-m", "snakemake", *arguments, target]
    environment = os.environ | {"VIRTUAL_ENV": sys.prefix}
    with subprocess.Popen(command, cwd=fresh.folder, env=environment, stderr=subprocess.DEVNULL) as running:
        log = fresh.folder / "results/smoke/logs/indoor/dcnn/none/seed0/train.log"
        while running.poll() is None and not (log.exists() and "epoch 3/30" in log.read_text()):
            time.sleep(0.02)
        assert subprocess.run(["pkill", "-KILL", "-f", f"checkpoint {target}"], check=False).returncode == 0
    assert running.returncode != 0
    assert not checkpoint.exists()
    assert list(checkpoint.parent.glob(".training-*/last.ckpt"))

    fresh.run(*arguments, target)
    resumed = checkpoint.read_bytes()
    assert "epoch 3/30" not in log.read_text()
    checkpoint.unlink()
    fresh.run(*arguments, target)

    assert "epoch 3/30" in log.read_text()
    assert checkpoint.read_bytes() == resumed


def test_diverged_training(fresh: Project) -> None:
    """A training that diverges stops with a message, and leaves no checkpoint."""
    target = "results/smoke/indoor/dcnn/none/seed0/checkpoint.pt"
    overlay = fresh.overlay({"training": {"learning_rate": 1.0e30}})

    done = fresh.snakemake("--configfile", SMOKE, overlay, "--", target)

    assert done.returncode != 0
    assert "training diverged in epoch 0" in done.stderr
    assert not (fresh.folder / target).exists()
