"""The one error that a user can correct.

A `UserError` ends a program with its message alone and exit status 1. Every other exception is a fault of the program
and keeps its traceback.
"""


class UserError(ValueError):
    """Bad input or configuration: the message says what was expected, what was found and what to change."""
