"""The errors that the paper states, beside those of a run, for each reading of its attacks.

snakemake --configfile experiments/paper.yaml experiments/paper_sample.yaml
python benchmarks/paper.py results/paper_sample
"""

import argparse
from pathlib import Path

import pandas as pd

# where in the paper, scenario, attack, epsilon (None: not said), and the RMSE [m] that it states of model and defence
STATED = [
    ("section V, Fig. 4-5", "outdoor", "mim", 0.05, {"dcnn": 197.59, "neural_ode": 127.99}),
    (
        "section V, trained (attack not said)",
        "outdoor",
        "mim",
        0.05,
        {"dcnn + adversarial": 20.138, "neural_ode + adversarial": 15.38},
    ),
    ("section V, Fig. 6-7", "indoor", "pgd", None, {"dcnn": 22.45, "neural_ode": 8.47}),
    (
        "section V, trained",
        "indoor",
        "pgd",
        None,
        {"dcnn + adversarial": 3.80, "neural_ode + adversarial": 1.06},
    ),
    ("section V, Fig. 8", "indoor", "fgsm", 0.001, {"neural_ode": 3.5, "neural_ode_4": 1.1}),
    (
        "section V, Fig. 8",
        "indoor",
        "fgsm",
        0.001,
        {"neural_ode + adversarial": 0.94, "neural_ode_4 + adversarial": 0.83},
    ),
]
# the paper's attack as printed, and in the other norm
READINGS = {"mim": ("mim", "mim_l2"), "pgd": ("pgd", "pgd_sign"), "fgsm": ("fgsm", "fgm")}


def compare(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row per stated figure: the paper's RMSE, clean and constant, and that of each reading and epsilon."""
    rows = []
    suffix = table.defence.map(lambda name: "" if name == "none" else f" + {name}")
    table = table.assign(localizer=table.model + suffix)
    for place, scenario, attack, epsilon, stated in STATED:
        own = table[table.scenario == scenario]
        floor = own[own.localizer == "constant"].rmse_m.mean()
        for localizer, paper in stated.items():
            found = own[own.localizer == localizer]
            row = {"where": place, "scenario": scenario, "localizer": localizer, "attack": attack, "paper [m]": paper}
            row |= {"constant [m]": floor, "clean [m]": found[found.attack == "clean"].rmse_m.mean()}
            for name, reading in zip(("as printed [m]", "other norm [m]"), READINGS[attack], strict=True):
                cell = found[found.attack == reading].sort_values("epsilon")
                cell = cell if epsilon is None else cell[cell.epsilon == epsilon]
                errors = [f"{r.rmse_m:.2f} ({r.budget} {r.epsilon:g}, {r.psr_db:.0f} dB)" for r in cell.itertuples()]
                row[name] = ", ".join(errors)
            rows.append(row)
    return pd.DataFrame(rows)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, help="folder of the run's results")
    table = pd.read_csv(parser.parse_args().results / "tables" / "rmse.csv")
    print(compare(table).round(3).to_markdown(index=False))


if __name__ == "__main__":
    main()
