"""Kinds of figures, one file each, found by name. Matplotlib is imported in this room alone.

A file defines three literal constants, which planning reads without importing the file, and three functions:

* ``READS``: the table that the figure is drawn from, ``"summary"`` or ``"certified"``; or ``"sets"``, for the results
  of single users. A file that reads sets also has ``COLUMNS``: which of their columns it needs.
* ``TITLE``: what the report calls the figure.
* ``SECTION``: where the report shows it: ``"figures"``, ``"models"`` (under its scenario and model),
  ``"certificates"``, or ``"matrices"`` (with its numbers as a table).
* ``ONE_BUDGET = True``, only if the attacks of a figure must all have an epsilon, or all be over the air.
* ``rows``: choose and sum up the numbers of one figure. ``rows(table, figure)`` for a table, where ``figure`` is the
  figure's entry in the configuration; ``rows(sets, test, scale)`` for sets, where ``sets`` is a list of pairs (names of
  the set, its columns), ``test`` the test users and ``scale`` the scale of the model's input.
* ``draw(rows) -> Figure``: draw them. The rows come from the figure's CSV file, so nothing else can be drawn.
* ``caption(rows) -> str``: describe what is drawn: scenario, models, numbers of users and seeds, units.

`robustloc.figures.parts` has what several kinds share. The keys of a kind's entry are in `config.schema.yaml`.
"""
