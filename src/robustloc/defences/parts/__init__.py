"""The base class and the functions that defences share."""
