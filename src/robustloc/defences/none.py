"""No defence: training on the clean users. With ``start`` it is the control for fine-tuned defences."""

from robustloc.defences.parts.base import Defence


def build() -> Defence:
    """Return the defence that changes nothing."""
    return Defence()
