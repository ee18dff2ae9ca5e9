"""The README's library example runs and says what it shows."""

import doctest

from workflow_project import ROOT


def test_readme_example() -> None:
    """Every line that starts with >>> runs, with the answer that stands below it."""
    done = doctest.testfile(str(ROOT / "README.md"), module_relative=False)

    assert done.attempted >= 6
    assert done.failed == 0
