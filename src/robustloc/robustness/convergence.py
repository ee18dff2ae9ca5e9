"""Convergence: does an attack's error still move when a reference of many times its cost is added?

An error under attack is a lower bound of the worst case. It can be believed if a longer attack finds hardly more
(Tramèr et al. 2020). This module compares errors; `robustloc.robustness.reference` has the longer attack.
"""

import numpy as np
import pandas as pd

# share by which an error must exceed another one of the same user to count
MORE = 0.02


def summary(rows: pd.DataFrame) -> dict[str, float]:
    """Compare an attack with the reference on one localizer.

    Args:
        rows: one row per user, with ``error_m`` under the attack, ``reference_error_m``, which is at least as large,
            and the evaluations of both.

    Returns:
        RMSE and median of both [m], the attack's share of the reference in both, the share of users whom the
        reference hurts, the evaluations of both, and the number of users.
    """
    found, own = {}, {"": rows.error_m, "reference_": rows.reference_error_m}
    for kind, over in {"rmse": rmse, "median": np.median}.items():
        values = {f"{name}{kind}_m": float(over(errors)) for name, errors in own.items()}
        found |= values | {f"{kind}_share": share(*values.values())}
    spent = {name: int(rows[name].max()) for name in ("evaluations", "reference_evaluations")}
    return found | {"gaining_share": hurt(rows.reference_error_m, rows.error_m), **spent, "n_users": len(rows)}


def hurt(found: np.ndarray, reference: np.ndarray) -> float:
    """Return the share of users whom an attack hurts: its error (N,) exceeds another attack's by more than MORE."""
    return float(np.mean(found > (1 + MORE) * reference))


def share(part: float, whole: float) -> float:
    """Return part / whole; equal values, also two zeros, have the share 1."""
    return 1.0 if part == whole else part / whole if whole else float("inf")


def rmse(errors: np.ndarray) -> float:
    """Return the root mean square [m] of position errors (N,) [m]."""
    return float(np.sqrt(np.mean(errors**2)))
