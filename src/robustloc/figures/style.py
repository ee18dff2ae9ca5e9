"""What all figures share: colours, markers, type, logarithmic scales, and how they are written."""

from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

plt.switch_backend("Agg")  # draw to files, whatever display there is

# Okabe and Ito's colours, told apart with any colour vision
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = "osD^vP*X"  # one more than colours: the pairs repeat late
LINES = ("-", (0, (4, 2)), ":", "-.")
STYLE = {
    "font.size": 9,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "legend.fontsize": 7,
    "legend.handlelength": 3.2,
    "pdf.fonttype": 42,  # text stays text
}


def mark_errors(axis: Axis) -> None:
    """Write plain numbers along a logarithmic axis of position errors, and enough of them where it is short."""
    low, high = sorted(axis.get_view_interval())
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high > 10 * low else (1, 1.5, 2, 3, 4, 5, 6, 8)))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())


def save(drawing: Figure, png: Path, pdf: Path) -> None:
    """Write a figure for the screen and for print; equal figures give equal bytes."""
    drawing.savefig(png, format="png", dpi=160, metadata={"Software": None})
    drawing.savefig(pdf, format="pdf", metadata={"CreationDate": None})
    plt.close(drawing)
