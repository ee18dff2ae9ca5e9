"""Formats of raw data, one file each, found by name. A scenario folder holds the files of exactly one format.

A file defines three literal constants, which planning reads without importing the file:

``TITLE``
    Name of the format for people.
``MARKER``
    Pattern of a file name that only folders of this format contain.
``NEEDS``
    The files that a folder must contain, for messages; ``{name}`` is replaced by the folder's name.

It defines five functions, where ``name`` is the name of a base station:

``base_stations(folder) -> Mapping``
    Position (3,) [m] of each base station, by name; NaN where the files do not contain it. If each position has its own
    file: `robustloc.data.base_stations.Sites`.
``grids(folder, name) -> list[robustloc.data.user_grid.Grid]``
    The user grids, in the scenario's order of users.
``carrier_hz(folder) -> float``
    The carrier frequency [Hz]; NaN where the files do not contain it.
``files(folder, name, users) -> list[Path]``
    Every file that the other functions open for the users with the given ascending indices, the marker first.
``read(folder, name, users, row, max_paths) -> robustloc.data.paths.Paths``
    The paths of the users with the given ascending indices, at most ``max_paths`` per user; ``row`` is their row.

A missing or damaged file raises `robustloc.base.errors.UserError` with the file's name.

`csi` is different: it reads one file of measured channel matrices, which has no paths. It has no marker, because the
scenario's key ``raw.csi`` names it, and defines ``describe(file)`` and ``read(file)`` of `robustloc.data.measurement`.
"""
