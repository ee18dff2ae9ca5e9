"""The columns of the files in the folders of scenarios and localizers, as `columns` has them for tables."""

from robustloc.report.columns import CELL, LOCALIZER, PSR, SEARCH, SEED, SMALLEST, TABLES, Column

PLACE = Column("number[3]", "m", "true position")
USER = Column("integer", "", "index of the user in the order of the scenario")
SHARD = {
    "user": USER,
    "row": Column("integer", "", "row of the user grid, from 1"),
    "position": PLACE,
    "line_of_sight": Column("integer", "", "1: yes, 0: no, -1: no path at all, -2: not recorded (DeepMIMO v1)"),
    "count": Column("integer", "1", "number of paths in the profile"),
    "adp": Column("number[angle bins x delay bins]", "", "linear profile, row by row"),
}
PART = Column("integer", "", "0: train, 1: validation, 2: test, 3: unused")
RMSE = Column("number", "m", "root mean square position error")

# Files in the folders of scenarios and localizers.
FILES: dict[str, dict[str, Column]] = {
    "adp/shard-<i>.parquet": SHARD,
    "test.parquet": SHARD,
    "split.parquet": {"user": USER, "part": PART},
    "csi.parquet": {
        "user": USER,
        "part": PART,
        "position": PLACE,
        "csi": Column(
            "number[2 x antennas x subcarriers]", "", "channel matrix, row by row, real and imaginary parts in turn"
        ),
    },
    "clean.parquet, <attack>/<budget>.parquet": {
        "user": USER,
        "position": PLACE,
        "clean_prediction": Column("number[3]", "m", "estimate without attack"),
        "prediction": Column("number[3]", "m", "estimate under attack"),
        "clean_error_m": Column("number", "m", "distance of the estimate without attack from the true position"),
        "error_m": Column("number", "m", "distance of the estimate under attack from the true position"),
        "linf": Column("number", "input", "largest change of a pixel"),
        "l2": Column("number", "input", "root of the sum of squared changes"),
        "psr_db": PSR._replace(meaning="power of the perturbation relative to the signal; -inf: no perturbation"),
        "target": Column("number[3]", "m", "position that the attack moves the estimate to; absent: no target"),
        "target_m": Column("number", "m", "distance of the estimate from the target"),
        "adp": Column(
            "number[angle bins x delay bins]", "input", "perturbed input; absent: crafting.keep_adps is false"
        ),
        "attack": Column("word", "", "member of the ensemble that found this example; absent: not an ensemble"),
    },
    "training.csv": {
        "epoch": Column("integer", "", "number of the epoch, from 0"),
        "training_loss": Column("number", "", "loss of the defence, on positions divided by their spread"),
        "validation_loss": Column("number", "", "the same loss on validation users"),
        "validation_rmse_m": RMSE._replace(
            meaning="root mean square position error of validation users without attack"
        ),
        "gradients": Column("number", "1", "gradients per training user that the epoch computed, attacks included"),
    },
    "certificate.csv": TABLES["certified"],
    "convergence.csv": {
        **LOCALIZER,
        **SEED,
        "attack": CELL["attack"]._replace(meaning="name of the attack"),
        "epsilon": Column("number", "input", "budget of the attack"),
        "user": USER,
        "error_m": Column("number", "m", "position error under the attack"),
        "reference_error_m": Column("number", "m", "larger one of this error and the one under a longer attack"),
        "evaluations": Column("integer", "1", "gradients or queries of the attack for each user"),
        "reference_evaluations": Column("integer", "1", "gradients of the longer attack for each user"),
    },
    "margin.csv": {
        **LOCALIZER,
        **SEED,
        **SEARCH,
        "user": USER,
        "smallest_epsilon": Column("number", "input", SMALLEST),
        "moved_m": Column("number", "m", "how far the estimate moved there; if inf: at largest_epsilon"),
    },
    "transfer-seed<n>.csv": {
        **{name: LOCALIZER[name] for name in ("model", "defence")},
        "user": USER,
        "error_m": Column("number", "m", "largest position error under examples of other localizers"),
        "source_model": LOCALIZER["model"]._replace(meaning="model that this example was crafted on"),
        "source_defence": LOCALIZER["defence"]._replace(meaning="its defence"),
    },
}
