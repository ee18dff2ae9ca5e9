"""Embedded scenes, one file each, found by name.

A file defines two functions:

``scene() -> Scene``
    Describes the scene: carrier [Hz], base stations by name, and the grid of users (rows, columns, 3) [m].
``find(site, users, carrier_hz, max_reflections) -> list[Found]``
    Traces every path from a base station's position (3,) [m] to users (N, 3) [m] with at most ``max_reflections``
    reflections.

`robustloc.data.scenes.parts` has both types, mirror images and reflection coefficients.
"""
