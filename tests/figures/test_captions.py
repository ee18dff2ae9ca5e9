"""A caption is one line: it names scenario, models, users and seeds of its figure."""

import pytest
from figure_rows import CERTIFIED, RADII, SCALE, SETS, SUMMARY, TEST, caption, rows

from robustloc.base import plugins
from robustloc.figures import cdf, certified, map, rmse

ROWS = rows()


@pytest.mark.parametrize("kind", plugins.names("figures"))
def test_what_everyone_wants_to_know(kind: str) -> None:
    """A caption has scenario, model, numbers of users and seeds, and units, and no trace of a broken template."""
    text = caption(kind, ROWS[kind])

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
            "margin",
            [
                "displacement [m] exceeds 0.5, the distance from the estimate without",
                "L-infinity size",
                "upper bound",
                "The users of 2 seeds",
            ],
        ),
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
    """A caption has the attack with norm and epsilon, and explains lines, bands and markers."""
    text = caption(kind, ROWS[kind])

    assert [word for word in words if word not in text] == []


def test_one_seed_has_no_band() -> None:
    """A caption of one seed does not mention means or bands, and a caption without attack no epsilon."""
    sets = [one for one in SETS if one[0]["seed"] == 0 and one[0]["attack"] == "clean"]

    for kind, plugin in (("map", map), ("cdf", cdf)):
        text = caption(kind, plugin.rows(sets, TEST, SCALE))
        assert "One seed." in text
        assert "without attack" in text
        assert "bands" not in text
        assert "epsilon" not in text
    assert "bands" not in caption("certified", certified.rows(RADII[RADII.seed == 0], CERTIFIED))


def test_over_the_air() -> None:
    """Attacks over the air have a power and no epsilon, also in a figure of kind rmse."""
    figure = {"scenario": "in_door", "models": ["dcnn"], "defences": ["none"], "attacks": ["csi_pgd"]}
    text = caption("rmse", rmse.rows(SUMMARY, figure))

    assert "[dB]" in text
    assert "epsilon" not in text
    assert "The line of constant" in text
