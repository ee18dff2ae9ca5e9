"""What is to be run: configuration, grids, paths of results, and what each rule reads."""
