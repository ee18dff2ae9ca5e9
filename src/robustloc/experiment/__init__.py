"""Experiments: configuration, grids, paths of results, and what each rule reads."""
