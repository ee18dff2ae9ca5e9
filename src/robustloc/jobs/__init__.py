"""How jobs run: command line, log, fingerprint, console, verification."""
