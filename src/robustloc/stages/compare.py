"""Compare localizers with their controls, on the same users and seeds -> comparisons as CSV, Parquet and texts."""

from functools import partial

from robustloc.base.errors import UserError
from robustloc.base.files import Files
from robustloc.experiment.grids import compared_files, sides
from robustloc.experiment.paths import CLEAN_SET, below_results
from robustloc.report import comparisons, table_files
from robustloc.robustness import adversarial_set

INPUTS = ()
OUTPUTS = ("table", "markdown", "latex")


def run(config: dict, inputs: Files, outputs: Files) -> None:
    """Write one row per pair of localizers, attack and budget."""
    find = partial(below_results, outputs["table"][0])
    # derived from the configuration: a command line may be too short for all their names
    inputs["sets"] = [find(file) for file in compared_files(config["comparisons"])]
    table = comparisons.table([_row(names, find) for names in config["comparisons"]])
    table_files.write(outputs["table"], "comparisons", table)
    outputs.one("markdown").write_text(comparisons.markdown(table), encoding="utf-8")
    outputs.one("latex").write_text(comparisons.latex(table), encoding="utf-8")


def _row(names: dict, find: partial) -> dict:
    """Read the sets of one comparison and compare them."""
    read, users = [], None
    for side, files in zip(("first", "second"), sides(names), strict=True):
        errors = {}
        for seed, file in files.items():
            columns = adversarial_set.read(find(file), ["user", "error_m"])
            users = columns["user"] if users is None else users
            if columns["user"].tolist() != users.tolist():
                raise UserError(f"{file}: expected the test users of the other sets; delete this file and run again")
            errors[seed] = columns["error_m"]
        clean = CLEAN_SET.format(**names | names[side] | {"seed": seed})
        read.append(comparisons.Side(errors, adversarial_set.described(find(clean))["size"]["parameters"] > 0))
    cell, control = adversarial_set.cell(find(file)), names["second"]
    own = {key: cell[key] for key in ("scenario", "attack", "epsilon", "budget")} | names["first"]
    return comparisons.row(own | {f"control_{key}": name for key, name in control.items()}, *read)
