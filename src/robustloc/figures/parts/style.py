"""Style of all figures: sizes, colours, markers, type, legends, logarithmic axes, and how figures are written."""

import textwrap
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

plt.rcdefaults()  # a user's matplotlibrc changes no figure
plt.switch_backend("Agg")  # draws to files, with or without a display

# widths of one and of two columns of a journal [inches]
COLUMN, PAGE = 3.5, 7.16
# Okabe and Ito's colours, distinct for all kinds of colour vision, then three of Tol's for figures of many curves
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#882255", "#999933", "#44AA99")
ERRORS = "viridis_r"  # colours of errors: dark is a large error, also in print without colours
MARKERS = "osD^vP*Xh"  # one less than colours, so that pairs of both repeat late
LINES = ("-", (0, (4, 2)), ":", "-.", (0, (8, 2)), (0, (4, 1, 1, 1, 1, 1)), (0, (1, 3)), (0, (8, 2, 2, 2)))
STYLE = {
    "font.size": 8,
    "axes.titlesize": 8,
    "figure.titlesize": 8,
    "legend.fontsize": 7,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.2,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "grid.linewidth": 0.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "legend.handlelength": 2.8,
    "pdf.fonttype": 42,  # text is stored as text, not as outlines
}
SAMPLE = 11  # width of the sample of a legend's entry, in characters
LEGEND_ROW = 0.15  # height [inches]


def look(colour: int, line: int = 0) -> dict:
    """Return the style of a curve: its n-th colour and marker, and its n-th line style."""
    own = {"color": COLOURS[colour % len(COLOURS)], "marker": MARKERS[colour % len(MARKERS)]}
    return own | {"linestyle": LINES[line % len(LINES)], "markersize": 3.5}


def defence(name: str) -> str:
    """Return the name of a defence as figures show it."""
    return "no defence" if name == "none" else name


def heading(rows: pd.DataFrame, *names: str) -> str:
    """Return a title: scenarios and models of some cells, other names, and epsilons if there are any."""
    epsilons = [f"epsilon {epsilon:g}" for epsilon in rows.epsilon.unique() if epsilon]
    return ", ".join([*rows.scenario.unique(), *rows.model.unique(), *names, *epsilons])


def wrapped(text: str, width: float) -> str:
    """Break a title into lines of a width [inches]; no-break spaces are kept together and become plain spaces."""
    return textwrap.fill(text, max(12, int(0.85 * width * _per_inch()))).replace("\N{NO-BREAK SPACE}", " ")


def legend(drawing: Figure, samples: list[Artist]) -> None:
    """Add a legend below a figure, and make the figure higher by its height."""
    width, height = drawing.get_size_inches()
    columns = _columns([len(sample.get_label()) + SAMPLE for sample in samples], width * _per_inch())
    drawing.set_size_inches(width, height + LEGEND_ROW * -(-len(samples) // columns))
    drawing.legend(handles=samples, ncols=columns, loc="outside lower center")


def _columns(lengths: list[int], room: float) -> int:
    """Return the number of columns with the fewest rows that fit; Matplotlib splits entries over columns likewise."""
    splits = [np.array_split(lengths, columns) for columns in range(1, len(lengths) + 1)]
    fitting = [split for split in splits if sum(map(max, split)) <= room] or splits[:1]
    return min(map(len, fitting), key=lambda columns: (-(-len(lengths) // columns), columns))


def _per_inch() -> float:
    """Return how many characters of a legend fit into an inch."""
    return 133 / plt.rcParams["legend.fontsize"]


def mark_errors(axis: Axis) -> None:
    """Label a logarithmic axis of position errors with plain numbers; a short axis has more of them per decade."""
    low, high = sorted(axis.get_view_interval())
    ratio = high / low
    marks = (1,) if ratio > 1000 else (1, 2, 5) if ratio > 10 else (1, 1.5, 2, 3, 4, 5, 6, 8)
    axis.set_major_locator(LogLocator(subs=marks))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())


def save(drawing: Figure, png: Path, pdf: Path) -> None:
    """Write a figure as PNG and PDF; equal figures give equal bytes."""
    _make_room(drawing)
    drawing.savefig(png, format="png", dpi=220, metadata={"Software": None})
    drawing.savefig(pdf, format="pdf", metadata={"CreationDate": None})
    plt.close(drawing)


def _make_room(drawing: Figure) -> None:
    """Enlarge a figure until its content fits (names may be long), then fix its layout."""
    for _ in range(6):
        drawing.draw_without_rendering()
        size, content = drawing.get_size_inches(), drawing.get_tightbbox()
        missing = np.maximum(np.maximum(-content.min, content.max - size), 0)
        if missing.max() < 0.01:
            break
        drawing.set_size_inches(size + 2 * missing)
    drawing.set_layout_engine(None)
