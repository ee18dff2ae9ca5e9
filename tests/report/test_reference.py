"""The generated page docs/tables.md."""

from workflow_project import ROOT

from robustloc.report import columns, file_columns, reference


def test_page_is_current() -> None:
    """The page is what `python -m robustloc.report.reference > docs/tables.md` prints."""
    assert (ROOT / "docs/tables.md").read_text(encoding="utf-8") == reference.page()


def test_page_names_its_sources() -> None:
    """Whoever wants to edit the page finds every module that has a part of it."""
    page = reference.page()

    assert all(
        f"src/robustloc/report/{one.__name__.rpartition('.')[2]}.py" in page
        for one in (columns, file_columns, reference)
    )


def test_no_meaning_breaks_its_table() -> None:
    """A Markdown cell has no vertical bar."""
    entries = [column for table in (columns.TABLES | file_columns.FILES).values() for column in table.values()]

    assert not [column.meaning for column in entries if "|" in column.meaning]


def test_every_table_is_a_file() -> None:
    """The list of files names every table and every file that has columns."""
    listed = "\n".join(reference.FILES)

    assert all(f"tables/{table}.csv" in listed for table in columns.TABLES)
    assert all(
        name.rpartition("/")[2] in listed
        for names in file_columns.FILES
        for name in names.split(", ")
        if "<" not in name
    )
