"""No defence: training on the clean users; with ``start`` the control that fine-tuned defences are held against."""

from robustloc.defences.parts.base import Defence


def build() -> Defence:
    """Return the defence that changes nothing."""
    return Defence()
