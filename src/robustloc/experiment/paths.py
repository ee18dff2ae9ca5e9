"""Where each result lies below the results folder: the names of the configuration in a fixed order."""

from decimal import Decimal
from pathlib import Path

SEED_FOLDER = "{scenario}/{model}/{defence}/seed{seed}"
CHECKPOINT = f"{SEED_FOLDER}/checkpoint.pt"
TRAINING = f"{SEED_FOLDER}/training.csv"
CLEAN_SET = f"{SEED_FOLDER}/clean.parquet"
ATTACK_SET = f"{SEED_FOLDER}/{{attack}}/{{budget}}.parquet"
EXAMINATION = f"{SEED_FOLDER}/examination.json"
CONVERGENCE = f"{SEED_FOLDER}/convergence.csv"
CERTIFICATE = f"{SEED_FOLDER}/certificate.csv"
MARGIN = f"{SEED_FOLDER}/margin.csv"
TRANSFER = "{scenario}/transfer-seed{seed}.csv"


def budget_tag(kind: str, value: float) -> str:
    """Write a budget for a file name: ``eps`` or ``psr`` and the number, so that 0.010 and 1e-2 are ``eps0.01``."""
    return kind + format(Decimal(str(value)).normalize(), "f")


def budget_value(tag: str) -> float:
    """Return the number of a budget's tag."""
    return float(tag[3:])


def below_results(place: Path, file: str) -> Path:
    """Return the path of a result by its name below the results folder.

    Args:
        place: path of any file below the results folder. Its depth varies: tables are in ``tables`` or in
            ``experiments/<name>/tables``.
        file: relative to the results folder, see the templates above.

    Returns:
        The file in the nearest folder above `place` that has it; if none has it, a path in the folder of `place`.
    """
    return next((folder / file for folder in place.parents if (folder / file).exists()), place.parent / file)
