"""Which users of a scenario are wanted: rows and columns of its user grids."""

from dataclasses import dataclass

import numpy as np

from robustloc.errors import UserError


@dataclass(frozen=True)
class Grid:
    """A rectangular user grid: rows first_row … last_row (from 1) of `columns` users each."""

    first_row: int
    last_row: int
    columns: int


def from_table(table: np.ndarray, where: object) -> list[Grid]:
    """Return the grids of DeepMIMO's `user_grids`: a line of first row, last row and users per row for each.

    Raises:
        UserError: it is no such table; the message names `where` it was found.
    """
    table = np.atleast_2d(table)
    if table.size == 0 or table.shape[1] < 3:
        raise UserError(f"{where}: expected first row, last row and users per row in user_grids, found {table}")
    return [Grid(*(int(value) for value in line[:3])) for line in table]


def select(grids: list[Grid], rows: list[int] | None, row_step: int, column_step: int) -> tuple[np.ndarray, np.ndarray]:
    """Choose users by their row (first and last, inclusive; None is all) and every so many rows and columns.

    Returns:
        The users' indices in the scenario's order and their rows, both ascending.

    Raises:
        UserError: the rows are not in the scenario.
    """
    available = (grids[0].first_row, grids[-1].last_row)
    first, last = rows or available
    if first > last:
        raise UserError(f"users.rows: expected the first row before the last, found [{first}, {last}]")
    if not available[0] <= first <= last <= available[1]:
        raise UserError(
            f"users.rows: [{first}, {last}] is not within the scenario's rows R{available[0]} to R{available[1]}"
        )
    wanted = np.arange(first, last + 1, row_step)
    chosen, offset = [], 0
    for grid in grids:
        inside = wanted[(wanted >= grid.first_row) & (wanted <= grid.last_row)]
        starts = offset + (inside - grid.first_row) * grid.columns
        columns = np.arange(0, grid.columns, column_step)
        users = (starts[:, None] + columns).ravel()
        chosen.append(np.stack([users, np.repeat(inside, len(columns))]))
        offset += (grid.last_row - grid.first_row + 1) * grid.columns
    users, row = np.concatenate(chosen, axis=1)
    return users, row
