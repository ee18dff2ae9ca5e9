"""A small summary.csv, made up."""

import numpy as np
import pandas as pd

NAN = float("nan")
NAMES = ["scenario", "model", "defence", "attack", "epsilon", "budget", "seeds", "rmse_mean_m", "rmse_std_m"]
SUMMARY = pd.DataFrame(
    [
        ("in_door", "constant", "none", "clean", 0.0, "none", 1, 4.0, NAN, "none"),
        ("in_door", "dcnn", "none", "clean", 0.0, "none", 2, 0.5, 0.25, "OK/UNCONVERGED"),
        ("in_door", "dcnn", "none", "csi_pgd", -20.0, "psr_db", 1, 2.5, NAN, "UNCONVERGED"),
        ("in_door", "dcnn", "none", "csi_pgd", 0.0, "psr_db", 1, 3.5, NAN, "UNCONVERGED"),
        ("in_door", "dcnn", "none", "fgsm", 0.01, "linf", 2, 1.5, 0.5, "OK/UNCONVERGED"),
        ("in_door", "dcnn", "none", "fgsm", 0.02, "linf", 2, 1.75, 0.5, "OK/UNCONVERGED"),
        ("in_door", "dcnn", "none", "worst", 0.01, "linf", 1, 3.0, NAN, "UNCONVERGED"),
        ("in_door", "dcnn", "adversarial", "clean", 0.0, "none", 1, 0.6, NAN, "MASKED"),
        ("in_door", "dcnn", "adversarial", "fgsm", 0.01, "linf", 1, 0.75, NAN, "MASKED"),
    ],
    columns=[*NAMES, "verdict"],
)
SUMMARY["rmse_low_m"], SUMMARY["rmse_high_m"] = SUMMARY.rmse_mean_m - 0.125, SUMMARY.rmse_mean_m + 0.125
with np.errstate(divide="ignore"):
    DECIBELS = 20 * np.log10(SUMMARY.epsilon.abs()) + 10
SUMMARY["psr_db"] = SUMMARY.epsilon.where(SUMMARY.budget == "psr_db", DECIBELS)
SUMMARY["median_m"], SUMMARY["p90_m"] = SUMMARY.rmse_mean_m / 2, SUMMARY.rmse_mean_m * 1.5
SUMMARY["moved_share"], SUMMARY["tolerance_m"] = (SUMMARY.attack != "clean") * 0.25, 0.5
SUMMARY["n_users"], SUMMARY["multiply_adds"] = 9, 5_000_000
SUMMARY["parameters"] = np.where(SUMMARY.model == "constant", 0, 61_234)
