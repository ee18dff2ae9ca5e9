"""Maps, distributions and galleries show single users as their tables have them."""

import numpy as np
from figure_rows import rows

from robustloc.figures import cdf, gallery, map
from robustloc.figures.parts import style

ROWS = rows()


def test_map_shows_line_of_sight() -> None:
    """Each panel has a marker per line of sight, at the users' positions, coloured by error, and their RMSE."""
    drawing = map.draw(ROWS["map"])
    panels = [axes for axes in drawing.axes if axes.get_title()]
    own = ROWS["map"].query("defence == 'adversarial' and attack == 'worst'")

    assert [axes.get_title().split("\n")[0] for axes in panels] == [
        "no defence, clean", "no defence, worst", "adversarial, clean", "adversarial, worst"
    ]  # fmt: skip
    seen, hidden, lost = panels[3].collections[:3]
    np.testing.assert_allclose(seen.get_offsets(), own[own.line_of_sight == 1][["x_m", "y_m"]])
    np.testing.assert_allclose(hidden.get_array(), own[own.line_of_sight == 0].error_m)
    assert len({str(group.get_paths()[0].vertices) for group in (seen, hidden, lost)}) == 3
    rmse = np.sqrt(np.mean(own[own.line_of_sight == 0].error_m ** 2))
    assert f"NLOS {rmse:.3g} m" in panels[3].get_title().replace("\n", " ")
    assert drawing.get_size_inches()[0] == style.COLUMN


def test_long_street_lies_across() -> None:
    """A plan that is much longer than wide is rotated, so that its long side is as wide as the figure."""
    street = ROWS["map"].assign(y_m=ROWS["map"].y_m * 10)
    first = map.draw(street).axes[0]

    np.testing.assert_allclose(first.collections[0].get_offsets()[:, 0], street[street.line_of_sight == 1].y_m[:5])
    assert first.get_ylabel() == "x [m]"
    assert first.yaxis_inverted()


def test_distribution_rises_at_the_errors() -> None:
    """Each line of sight has a panel; a curve rises by one user's share at each error and has a band over seeds."""
    drawing = cdf.draw(ROWS["cdf"])
    own = ROWS["cdf"].query("defence == 'none' and attack == 'clean' and line_of_sight == 0")

    assert [axes.get_title() for axes in drawing.axes] == [
        "line of sight, 5 users", "no line of sight, 3 users", "no path, 1 user"
    ]  # fmt: skip
    curve = drawing.axes[1].lines[0]
    np.testing.assert_allclose(curve.get_xdata(), own.error_mean_m.iloc[[0, 0, 1, 2]])
    np.testing.assert_allclose(curve.get_ydata(), [0, 1 / 3, 2 / 3, 1])
    assert len(drawing.axes[1].collections) == 4


def test_gallery_shows_the_numbers() -> None:
    """A gallery has three rows of images and estimates, largest damage on top, with their position errors."""
    table = ROWS["gallery"]
    panels = gallery.draw(table).axes[:12]

    image = table[(table.damage == "largest") & (table.panel == "adversarial ADP")][["0", "1", "2", "3"]]
    np.testing.assert_array_equal(panels[2].images[0].get_array(), image)
    assert [axes.get_title("right") for axes in panels[3::4]] == [f"0.5 → {error} m off" for error in (9, 5, 1)]
