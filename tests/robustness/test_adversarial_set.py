"""Each user's worst example among several sets."""

import numpy as np

from robustloc.robustness.adversarial_set import worst


def test_worst() -> None:
    """Each user has all columns and the name of the attack with the largest error; ties select the first attack."""
    first = {"user": np.arange(3), "error_m": np.array([1.0, 5.0, 2.0]), "adp": np.zeros((3, 4))}
    second = {"user": np.arange(3), "error_m": np.array([2.0, 4.0, 2.0]), "adp": np.ones((3, 4))}

    found = worst({"fgsm": first, "pgd": second})

    assert found["attack"].tolist() == ["pgd", "fgsm", "fgsm"]
    assert found["error_m"].tolist() == [2.0, 5.0, 2.0]
    assert found["adp"][:, 0].tolist() == [1.0, 0.0, 0.0]
    assert found["user"].tolist() == [0, 1, 2]
