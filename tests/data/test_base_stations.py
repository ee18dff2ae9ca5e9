"""Base stations are found by name, by number or by position."""

import numpy as np
import pytest

from robustloc.base.errors import UserError
from robustloc.data.base_stations import Sites, find

O1 = {f"TX_{number}": (100.0 * number, 0.0, 6.0) for number in (5, 3, 1, 6, 4, 2, 13)}


@pytest.mark.parametrize(
    ("names", "wanted", "found"),
    [
        (O1, "TX_3", "TX_3"),
        (O1, "BS3", "TX_3"),
        (O1, "BS13", "TX_13"),
        (O1, "bs_3", "TX_3"),
        (O1, "TX03", "TX_3"),
        (["BS1", "BS2"], "TX_2", "BS2"),
        (["BS3", "TX_3"], "BS3", "BS3"),
        (["BS7_1", "BS7_2"], "BS7_2", "BS7_2"),
    ],
)
def test_names_and_numbers(names: list[str], wanted: str, found: str) -> None:
    """A name finds itself first, then the only base station with its number."""
    assert find({name: np.full(3, np.nan) for name in names}, wanted, "here") == found


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (O1, "BS7"),
        (O1, "BS"),
        (O1, "BS33"),
        (O1, "3"),
        (O1, "AP3"),
        (["TX_3", "tx3"], "BS3"),
        (["BS7_1", "BS7_2"], "BS7"),
        (["roof", "RX_3"], "BS3"),
    ],
)
def test_no_name_is_guessed(names: list[str], wanted: str) -> None:
    """Another number, another kind of name, or a number that two base stations have, is an error that lists all."""
    with pytest.raises(UserError, match=f"expected a base station of here, found '{wanted}'; write one of") as error:
        find({name: np.full(3, np.nan) for name in names}, wanted, "here")
    assert all(f"{name} at an unknown position" in str(error.value) for name in names)


def test_positions() -> None:
    """The nearest base station within 10 cm is found, also beside some whose position is unknown."""
    sites = {"a": np.full(3, np.nan), "b": np.array([1.0, 2.0, 3.0]), "c": np.array([1.0, 2.05, 3.0])}

    assert find(sites, [1.0, 2.04, 3.0], "here") == "c"
    with pytest.raises(
        UserError, match=r"found \[5\.0, 2\.0, 3\.0\]; write one of .*a at an unknown position; b at \(1"
    ):
        find(sites, [5.0, 2.0, 3.0], "here")


def test_positions_are_read_when_needed() -> None:
    """A name needs the position of its own base station only; a position needs all of them."""
    read = []

    def site(name: str) -> np.ndarray:
        read.append(name)
        return np.zeros(3)

    sites = Sites(["BS1", "BS2"], site)

    assert find(sites, "BS2", "here") == "BS2"
    assert read == ["BS2"]
    assert find(sites, [0.0, 0.0, 0.0], "here") == "BS1"
    assert set(read[1:]) == {"BS1", "BS2"}
    assert len(sites) == 2
    with pytest.raises(KeyError):
        sites["BS3"]
