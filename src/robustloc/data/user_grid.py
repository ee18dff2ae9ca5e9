"""User grids of a scenario, and the selection of users by row and column."""

from dataclasses import dataclass

import numpy as np

from robustloc.base.errors import UserError


@dataclass(frozen=True)
class Grid:
    """A rectangular user grid: the rows from first_row to last_row (from 1) with `columns` users each."""

    first_row: int
    last_row: int
    columns: int


def from_table(table: np.ndarray, where: object) -> list[Grid]:
    """Return the grids of DeepMIMO's table `user_grids`.

    Args:
        table: (grids, 3 or more) first row, last row and users per row of each grid.
        where: file of the table, for the message.

    Raises:
        UserError: the table has another shape, or a value is not finite.
    """
    table = np.atleast_2d(table)
    if table.size == 0 or table.shape[1] < 3 or not np.isfinite(table[:, :3]).all():
        raise UserError(
            f"{where}: expected a first row, a last row and a number of users per row in user_grids, found {table}"
        )
    return [Grid(*(int(value) for value in line[:3])) for line in table]


def total(grids: list[Grid]) -> int:
    """Count the users of all grids."""
    return sum((grid.last_row - grid.first_row + 1) * grid.columns for grid in grids)


def select(
    grids: list[Grid], rows: list[int] | None, row_step: int = 1, column_step: int = 1, *, shares: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Select users by row and column.

    Args:
        grids: the user grids, in the scenario's order.
        rows: first and last row, inclusive; None selects all rows.
        row_step: select every row_step-th row.
        column_step: select every column_step-th user of a row.
        shares: number of shares that the selected users are divided into later.

    Returns:
        Indices of the users in the scenario's order and their rows, both (N,) and ascending.

    Raises:
        UserError: a row is not in the scenario, or there are fewer users than shares.
    """
    available = (grids[0].first_row, grids[-1].last_row)
    first, last = rows or available
    if first > last:
        raise UserError(f"users.rows: expected a first row that is at most the last row, found [{first}, {last}]")
    if not available[0] <= first <= last <= available[1]:
        raise UserError(
            f"users.rows: expected rows from {available[0]} to {available[1]}, the rows of the scenario, found "
            f"[{first}, {last}]"
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
    if len(users) < shares:
        raise UserError(f"shards: expected at most {len(users)}, the number of selected users, found {shares}")
    return users, row
