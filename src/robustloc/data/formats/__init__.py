"""Formats of raw data, one file each, found by name."""
