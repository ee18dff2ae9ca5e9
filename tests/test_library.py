"""The library examples run, and what they say is true."""

import doctest
import re
import subprocess
import sys

from workflow_project import ROOT


def test_readme_example() -> None:
    """Every line of the README that starts with >>> runs, and gives the answer below it."""
    done = doctest.testfile(str(ROOT / "README.md"), module_relative=False)

    assert done.attempted >= 6
    assert done.failed == 0


def test_attack_on_an_own_network() -> None:
    """The example script runs; the attack raises the error of its network."""
    command = [sys.executable, ROOT / "examples/attack_own_network.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    clean, attacked = map(float, re.findall(r"[\d.]+(?= m )", done.stdout))
    assert attacked > clean
