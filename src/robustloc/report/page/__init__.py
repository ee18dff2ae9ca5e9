"""The report: the whole experiment on one HTML page that needs no other file, no matplotlib and no network."""
