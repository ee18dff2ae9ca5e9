"""The flags of line of sight have one table."""

from robustloc.data import paths
from robustloc.report.page import run_tables


def test_report_has_the_same_words() -> None:
    """The report may not import the data, so it has a copy of the table."""
    assert run_tables.SIGHT == paths.SIGHT
    assert set(paths.SIGHT) == {paths.LINE_OF_SIGHT, paths.NO_LINE_OF_SIGHT, paths.NO_PATH, paths.NOT_RECORDED}
