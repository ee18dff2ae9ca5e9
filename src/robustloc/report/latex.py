"""Tables as LaTeX: booktabs, shrunk to the line width if they are wider."""

import pandas as pd

ESCAPED = {character: rf"\{character}" for character in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "±": r"$\pm$",
    "−": r"$-$",
    "ε": r"$\varepsilon$",
}
# the table's natural width, or the line width if that is smaller
SHRUNK = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"


def document(parts: list[str]) -> str:
    """Join groups of tables into one file; \\clearpage places the floats of each group, as LaTeX holds only 52."""
    return "% Needs \\usepackage{booktabs} and \\usepackage{graphicx}.\n\n" + "\n\\clearpage\n\n".join(parts)


def escape(text: str) -> str:
    """Write a text so that LaTeX prints it as it is."""
    return text.translate(str.maketrans(ESCAPED))


def tabular(text: pd.DataFrame, caption: str, label: str, *, left: int = 1) -> str:
    """Write a table of texts as a float.

    Args:
        text: rows and the names of columns, not escaped.
        caption: what it shows, not escaped.
        label: for references, behind ``tab:``.
        left: number of left-aligned columns; the other columns hold numbers and are right-aligned.
    """
    rows = [" & ".join(map(escape, row)) + r" \\" for row in (text.columns, *text.to_numpy())]
    return "\n".join(
        [
            r"\begin{table}[htbp]",
            r"\centering",
            rf"\caption{{{escape(caption)}.}}\smallskip",
            rf"\label{{tab:{label.replace('_', '-')}}}",
            SHRUNK,
            rf"\begin{{tabular}}{{{'l' * left}{'r' * (len(text.columns) - left)}}}",
            r"\toprule",
            rows[0],
            r"\midrule",
            *rows[1:],
            r"\bottomrule",
            r"\end{tabular}}",
            r"\end{table}",
            "",
        ]
    )
