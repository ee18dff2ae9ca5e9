"""Captions are a line that can stand under a figure: they name scene, models, users and seeds."""

import pytest
from figure_rows import CERTIFIED, RADII, SETS, SUMMARY, TEST, rows

from robustloc.figures.parts import captions, users
from robustloc.report import selection

ROWS = rows()


@pytest.mark.parametrize("kind", captions.KINDS)
def test_what_everyone_wants_to_know(kind: str) -> None:
    """Scene, model, how many users, how many seeds, units; one line, without the traces of a broken template."""
    text = captions.caption(kind, ROWS[kind])

    assert "scenario in_door" in text
    assert "dcnn" in text
    assert "9 test users" in text
    assert "seed" in text
    assert "[m" in text
    assert not set("\n{}") & set(text)
    assert "  " not in text
    assert text.endswith(".")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (
            "rmse",
            ["L-infinity size", "under the attacks fgsm and worst", "Curves are means over 1 to 2 seeds"],
        ),
        ("power", ["fgsm, csi_pgd and worst", "[dB]", "thin horizontal lines are errors without attack"]),
        ("matrix", ["at epsilon 0.01 (L-infinity", "dark is a large error"]),
        ("certified", ["with the defence smooth", "confidence of 0.99", "Curves are means over 2 seeds"]),
        (
            "map",
            [
                "worst at epsilon 0.01",
                "5 in line of sight",
                "3 without line of sight (NLOS, triangles)",
                "1 without any path",
                "root mean square over 2 seeds",
            ],
        ),
        ("cdf", ["without defence and with the defence adversarial", "each quantile's mean over 2 seeds, bands"]),
        ("example", ["raises by the median amount", "scale unit", "defence none, seed 0"]),
        ("gallery", ["largest, median and smallest amount"]),
    ],
)
def test_what_is_seen(kind: str, words: list[str]) -> None:
    """The attack, its norm and epsilon, and what lines, bands and markers mean."""
    text = captions.caption(kind, ROWS[kind])

    assert [word for word in words if word not in text] == []


def test_one_seed_has_no_band() -> None:
    """Of one seed nothing is said of means or bands; without attack, nothing of an epsilon."""
    table = users.errors([one for one in SETS if one[0]["seed"] == 0 and one[0]["attack"] == "clean"], TEST)

    for kind, choose in (("map", users.floor_plan), ("cdf", users.distribution)):
        text = captions.caption(kind, choose(table))
        assert "One seed." in text
        assert "without attack" in text
        assert "bands" not in text
        assert "epsilon" not in text
    assert "bands" not in captions.caption("certified", selection.certified(RADII[RADII.seed == 0], CERTIFIED))


def test_over_the_air() -> None:
    """Attacks over the air have a power and no epsilon, in a figure of kind rmse, too."""
    figure = {"scenario": "in_door", "models": ["dcnn"], "defences": ["none"], "attacks": ["csi_pgd"]}
    text = captions.caption("rmse", selection.rmse(SUMMARY, figure))

    assert "[dB]" in text
    assert "epsilon" not in text
    assert "The line of constant" in text
