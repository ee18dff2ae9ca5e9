"""The library examples run, and what they say is true."""

import doctest
import re
import runpy

import pytest
from workflow_project import ROOT


def test_readme_example() -> None:
    """Every line of the README that starts with >>> runs, and gives the answer below it."""
    done = doctest.testfile(str(ROOT / "README.md"), module_relative=False)

    assert done.attempted >= 6
    assert done.failed == 0


def test_example_of_what_attacks_need() -> None:
    """The example of a stand-in runs, and attacks find more with it than without."""
    done = doctest.testfile(str(ROOT / "docs/extending.md"), module_relative=False)

    assert done.attempted >= 8
    assert done.failed == 0


def test_attack_on_an_own_network(capsys: pytest.CaptureFixture) -> None:
    """The example script runs; the attack raises the error of its network."""
    runpy.run_path(str(ROOT / "examples/attack_own_network.py"), run_name="__main__")

    clean, attacked = map(float, re.findall(r"[\d.]+(?= m )", capsys.readouterr().out))
    assert attacked > clean
