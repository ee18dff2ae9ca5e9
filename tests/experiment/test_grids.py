"""Which localizers and sets belong to an experiment."""

from functools import partial

import pytest
import yaml
from configurations import LIBRARY, SCHEMA, merged

from robustloc.experiment.config import check
from robustloc.experiment.entries import origin
from robustloc.experiment.grids import attacked, canonical, localizers, set_files, trained
from robustloc.experiment.paths import budget_tag, budget_value


def test_what_defences_start_from_is_trained() -> None:
    """A grid with one defence also trains every localizer that this defence starts from."""
    grid = {"scenarios": ["s"], "models": ["m"], "defences": ["c"], "seeds": [3], "attacks": []}

    starts = {"c": "b", "b": "a"}
    found = trained(
        [grid], lambda model, defence: starts.get(defence) and {"model": model, "defence": starts[defence]}, {}
    )

    assert [cell["defence"] for cell in found] == ["c", "b", "a"]
    assert {cell["seed"] for cell in found} == {3}


def test_weights_come_from_another_model() -> None:
    """A model with `weights` starts from the other model under the same defence, which has its own start."""
    content = merged(LIBRARY, {})
    check(content, SCHEMA)
    grid = {"scenarios": ["s"], "models": ["neural_ode_fine"], "defences": ["adversarial"], "seeds": [0], "attacks": []}

    found = trained([grid], partial(origin, content), {})

    assert [(cell["model"], cell["defence"]) for cell in found] == [
        ("neural_ode_fine", "adversarial"),
        ("neural_ode", "adversarial"),
        ("neural_ode", "none"),
    ]


def test_equal_grids_are_equal_texts() -> None:
    """The order of grids and of names in them does not matter."""
    one = {"scenarios": ["s", "t"], "models": ["m"], "defences": ["none"], "seeds": [1, 0], "attacks": ["b", "a"]}
    two = one | {"models": ["k"]}
    other = {axis: list(reversed(names)) for axis, names in reversed(one.items())}

    assert canonical([one, two]) == canonical([two, other])


@pytest.mark.parametrize(
    ("epsilon", "tag"), [(0.01, "0.01"), (1e-3, "0.001"), (1, "1"), (10.0, "10"), (2e-7, "0.0000002")]
)
def test_epsilon_tags(epsilon: float, tag: str) -> None:
    """Equal numbers have equal tags without exponents, and a tag converts back to its number."""
    assert budget_tag("eps", epsilon) == f"eps{tag}"
    assert budget_tag("psr", yaml.safe_load(f"-{tag}0" if "." in tag else f"-{tag}")) == f"psr-{tag}"
    assert budget_value(f"psr-{tag}") == -epsilon


def test_grids_share_cells() -> None:
    """A cell named by two grids is run once."""
    grid = {"scenarios": ["s"], "models": ["m"], "defences": ["none"], "seeds": [0, 1], "attacks": ["a"]}

    assert len(localizers([grid, grid])) == 2
    budgets = {"all": {"s": {"a": ["eps0.1", "eps0.2"]}}, "reference": {"s": {"a": ["eps0.2"]}}}
    assert len(attacked([grid, grid], budgets)) == 4
    assert {cell["budget"] for cell in attacked([grid | {"epsilons": "reference"}], budgets)} == {"eps0.2"}
    assert set_files([grid], {"all": {"s": {"a": ["eps0.1"]}}})[::2] == [
        "s/m/none/seed0/clean.parquet",
        "s/m/none/seed0/a/eps0.1.parquet",
    ]
