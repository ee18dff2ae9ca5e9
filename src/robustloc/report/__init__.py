"""The report: what was run and what came of it as one HTML page that needs nothing else. No matplotlib, no network."""
