"""The front page compares localizers in one list, and says no more than the committed tables of comparisons show."""

import re
from pathlib import Path

import pandas as pd
import pytest
from claims import COMPARES, Claim, claims, findings, unsupported
from workflow_project import ROOT

from robustloc.report import comparisons

RESULTS = ROOT / "docs" / "results"
PAIR = ("neural_ode", "none", "resnet", "none")
SENTENCE = "* In `made`, hall, under `worst`: `neural_ode` against `resnet`: {}."


def front_page() -> str:
    """The section of the front page that says what has been found."""
    return re.search(r"^## What it shows so far\n(.*?)^## ", (ROOT / "README.md").read_text(), re.M | re.S)[1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a made-up table: larger under worst, no difference without attack, mixed over the air, one seed."""
    rows = [("clean", "none", 0, 0.5, 3), ("worst", "linf", 0.01, 1e-6, 3), ("fgsm", "linf", 0.01, float("nan"), 1)]
    rows += [("air", "psr_db", power, p, 3) for power, p in ((-20, 1e-6), (-30, 0.7))]
    values = {"rmse_mean_m": 2, "control_rmse_mean_m": 1, "rmse_difference_m": 1, "detectable_m": 1, "n_users": 99}
    values |= {f"{kind}_{end}_m": 1 for kind in ("rmse", "median") for end in ("low", "high", "difference")}
    frame = comparisons.table(
        [
            dict(zip(comparisons.KEYS, ("hall", attack, epsilon, budget, *PAIR), strict=True))
            | {"p": p, "seeds": seeds, "over": comparisons.CROSSED if seeds > 1 else comparisons.ONE_SEED}
            | values
            for attack, budget, epsilon, p, seeds in rows
        ]
    )
    (tmp_path / "made_comparisons.md").write_text(comparisons.markdown(frame), encoding="utf-8")
    return tmp_path


def test_the_front_page() -> None:
    """Every sentence of the list says what its row says; without a table, that nothing is compared yet."""
    found, _ = claims(front_page())

    assert found
    assert unsupported(found, RESULTS) == []


def test_no_claim_beside_the_list() -> None:
    """The prose around the list compares no localizers."""
    _, prose = claims(front_page())

    assert [match[0] for match in COMPARES.finditer(prose)] == []
    assert COMPARES.search("The neural ODE is not more robust than its controls")
    assert COMPARES.search("Adversarial training reduces the error")


def test_claims_name_pairs_of_their_experiments() -> None:
    """Each experiment that a claim names compares the pair."""
    for claim in claims(front_page())[0]:
        text = (ROOT / "experiments" / f"{claim.experiment}.yaml").read_text()
        names = pd.unique(pd.Series([*claim.localizer.split(" + "), *claim.control.split(" + "), claim.scenario]))
        assert "comparisons:" in text
        assert [name for name in names if not re.search(rf"\b{name}\b", text)] == []


@pytest.mark.parametrize(
    ("attack", "finding"),
    [
        ("clean", {"no difference shown"}),
        ("worst", {"larger"}),
        ("fgsm", {"one seed"}),
        ("air", {"larger", "no difference shown"}),
    ],
)
def test_findings(folder: Path, attack: str, finding: set[str]) -> None:
    """The words of a table are read by scenario, attack and pair."""
    assert findings(folder / "made_comparisons.md")["hall", attack, "neural_ode", "resnet"] == finding


@pytest.mark.parametrize(
    ("says", "attack", "holds"),
    [
        ("larger error", "worst", True),
        ("smaller error", "worst", False),
        ("no difference shown", "worst", False),
        ("not compared yet", "worst", False),  # the table is there: the sentence is out of date
        ("larger error", "clean", False),
        ("no difference shown", "clean", True),
        ("larger error", "air", False),  # not at every power
        ("larger error", "fgsm", False),  # one seed
        ("no difference shown", "fgsm", False),
        ("larger error", "pgd", False),  # no such row
    ],
)
def test_a_claim_says_what_its_row_says(folder: Path, says: str, attack: str, holds: bool) -> None:
    """A sentence fails if it says more than its row, or something else."""
    claim = Claim("made", "hall", attack, "neural_ode", "resnet", says)

    assert (unsupported([claim], folder) == []) == holds


def test_without_a_table(tmp_path: Path) -> None:
    """Without a table, the only claim is that nothing is compared yet."""
    found, rest = claims("\n".join([SENTENCE.format("not compared yet"), SENTENCE.format("larger error"), "Prose."]))

    (wrong,) = unsupported(found, tmp_path)
    assert wrong.endswith("resnet larger error; made_comparisons.md: no such table")
    assert rest == "Prose."


@pytest.mark.parametrize("line", [SENTENCE.format("much larger error"), "* The neural ODE wins."])
def test_other_items_are_refused(line: str) -> None:
    """An item of the list that is no such sentence cannot hide."""
    with pytest.raises(ValueError, match="expected a claim"):
        claims(line)
