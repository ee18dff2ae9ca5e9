"""Make a data set of a scenario's shards: split the users, fix the input scale, set the test users apart."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from robustloc.base import seeds
from robustloc.base.errors import UserError
from robustloc.base.files import from_column, parquet_metadata, sha256
from robustloc.data import dataset
from robustloc.data.split import TEST, TRAIN, VALIDATION, split
from robustloc.jobs.job import Job, run


def main(job: Job) -> None:
    """Write the parts, the test users and the manifest, with one shard in memory at a time."""
    config, shards, made_from = job.config, job.inputs["shards"], job.record()
    tables = [pq.read_table(path, columns=["user", "position", "count"]) for path in shards]
    user, position, count = (from_column(pa.concat_tables(tables), name) for name in ("user", "position", "count"))
    eligible = count > 0 if config["blocked_users"] == "drop" else np.ones(len(count), dtype=bool)
    rng = seeds.generator(config["seed"], config["scenario"], "split")
    parts = split(position, eligible, rng, **config["split"])

    table = pa.table({"user": user, "part": pa.array(parts, pa.int8())})
    pq.write_table(table.replace_schema_metadata(parquet_metadata(made_from)), job.output("split"))
    sizes = [len(table) for table in tables]
    test, peak = _test_users_and_peak(shards, np.split(parts, np.cumsum(sizes)[:-1]))
    dataset.write_shard(job.output("test"), [test], test.adp.shape[1:], made_from)
    manifest = {
        "shape": list(test.adp.shape[1:]),
        "users": len(user),
        "users_without_paths": int((count == 0).sum()),
        "parts": {name: int((parts == part).sum()) for part, name in enumerate(dataset.PARTS)},
        "train_and_validation": int(np.isin(parts, (TRAIN, VALIDATION)).sum()),
        "scale": {"name": config["scale"], "peak": peak},
        "conventions": {"channel": config["channel"], "adp": config["adp"]},
        "shards": [
            {"file": f"adp/{path.name}", "users": size, "sha256": made_from["inputs"][path.name]}
            for path, size in zip(shards, sizes, strict=True)
        ],
        "split": {"file": "split.parquet", "sha256": sha256(job.output("split"))},
        "test": {"file": "test.parquet", "sha256": sha256(job.output("test"))},
        "record": made_from,
    }
    job.output("manifest").write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _test_users_and_peak(shards: list[Path], parts: list[np.ndarray]) -> tuple[dataset.Users, float]:
    """Collect the test users and find the largest pixel of the training users."""
    test, peak = [], 0.0
    for path, part in zip(shards, parts, strict=True):
        users = dataset.read_shard(path)
        test.append(users[part == TEST])
        peak = max(peak, float(users.adp[part == TRAIN].max(initial=0)))
    if peak == 0:
        raise UserError("no training user has a path; choose other users or another base station")
    return dataset.concatenate(test), peak


if __name__ == "__main__":
    run(main, __doc__, inputs=("shards",), outputs=("split", "test", "manifest"))
