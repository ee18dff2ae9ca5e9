"""Embedded scenes, one file each, found by name.

A file defines two functions. ``scene() -> Scene`` describes it: carrier, base stations by name, and the grid of users
(rows, columns, 3) [m]. ``find(site, users, carrier_hz, max_reflections) -> list[Found]`` traces: every path from a base
station's position (3,) to users (N, 3) with up to so many reflections. `robustloc.raytrace` has both types, mirror
images and reflection coefficients.
"""
