"""The error that a user can fix."""


class UserError(ValueError):
    """Bad input or configuration: the message says what was expected, what was found and what to change."""
