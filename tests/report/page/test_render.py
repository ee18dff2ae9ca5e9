"""The report's page: texts are escaped, images are embedded, and missing parts of an experiment cause no error."""

import base64
import re
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

from robustloc.report.page import render

TABLE = {"columns": ["a", "b"], "rows": []}
MAKING = {"jobs": 0, "work": "", "span": "", "began": "", "ended": "", "hardware": [], "versions": {}, "rules": []}
# an experiment without attacks, certificates or figures
EMPTY = {
    **dict.fromkeys(("headline", "failures", "models", "defences", "attacks", "seeds"), ()),
    "sections": {**dict.fromkeys(("figures", "over_the_air", "certificates", "matrices"), ()), "models": {}},
    **{"users": {}, "training": "", "seed": 0, "making": MAKING},
    **dict.fromkeys(("scenes", "cells", "certified"), TABLE),
}
ALWAYS = {"headline", "verdicts", "setup", "cells"}
HOSTILE = '<script>alert("1")</script> & more'


@pytest.fixture
def figure(tmp_path: Path) -> dict:
    """A figure in the form that the page expects."""
    file = tmp_path / "fig.png"
    matplotlib.image.imsave(file, np.zeros((30, 40)))
    return {"name": "fig", "title": "A figure", "caption": HOSTILE, "epsilon": 0.1, "table": TABLE} | {
        "image": render.image(file)
    }


def sections(html: str) -> set[str]:
    """The sections of a page; its navigation must link to exactly these."""
    navigation, _, rest = html.partition("</nav>")
    linked = set(re.findall(r'href="#([^"]+)"', navigation))
    assert linked <= set(re.findall(r'id="([^"]+)"', rest))
    found = set(re.findall(r'<section id="([^"]+)"', rest))
    assert found <= linked
    return found


def test_empty() -> None:
    """Without figures, attacks or certificates, the page omits their sections and says that nothing was attacked."""
    html = render.render(**EMPTY)

    assert sections(html) == ALWAYS
    assert "No localizer was attacked" in html


@pytest.mark.parametrize(
    ("part", "section"),
    [
        ("figures", "figures"),
        ("over_the_air", "ladder"),
        ("certificates", "certificates"),
        ("matrices", "matrices"),
        ("models", "scene-the-hall"),
    ],
)
def test_section(figure: dict, part: str, section: str) -> None:
    """Each kind of figure adds only its section, with a description, its files and its escaped caption."""
    shown = {"The hall": {"dcnn": [figure]}} if part == "models" else [figure]
    html = render.render(**EMPTY | {"sections": EMPTY["sections"] | {part: shown}})

    assert sections(html) == ALWAYS | {section}
    assert 'alt="A figure"' in html
    assert 'href="figures/fig.pdf"' in html
    assert "&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt; &amp; more" in html
    assert HOSTILE not in html


def test_names_are_escaped() -> None:
    """Names in a configuration never become markup."""
    row = dict.fromkeys(
        ("model", "defence", "verdict", "clean", "attacked", "attack", "others", "certified", "parameters"), HOSTILE
    ) | {"multiply_adds": HOSTILE}
    scene = {"scenario": HOSTILE, "caption": HOSTILE, "has_certificates": True}
    failure = {
        "scenario": HOSTILE,
        "model": HOSTILE,
        "defence": HOSTILE,
        "seed": 0,
        "verdict": "UNCONVERGED",
        "failed": [HOSTILE],
    }
    table = {"columns": [HOSTILE], "rows": [[HOSTILE]]}
    content = {"headline": [scene | {"rows": [row | {"gradients": HOSTILE}]}], "failures": [failure]}
    html = render.render(**EMPTY | content | {"scenes": table, "cells": table, "training": HOSTILE})

    assert html.count("<script") == 1
    assert html.count("&lt;script&gt;") >= 18


def test_gravest_verdict() -> None:
    """If seeds have different verdicts, the sign shows the most severe one."""
    failure = {"scenario": "hall", "model": "dcnn", "defence": "none", "seed": 0, "failed": ["C1"]}
    html = render.render(**EMPTY | {"failures": [failure | {"verdict": "OK/PROTOCOL/UNCONVERGED"}]})

    assert '<span class="verdict protocol">OK/PROTOCOL/UNCONVERGED</span>' in html


def test_misspelt_content() -> None:
    """An unknown name in the template raises an error; it does not become an empty text."""
    with pytest.raises(Exception, match="'seeds' is undefined"):
        render.render(**{name: value for name, value in EMPTY.items() if name != "seeds"})


def test_self_contained(figure: dict) -> None:
    """The page fetches nothing: images are embedded with their bytes and size, and no other host is named."""
    html = render.render(**EMPTY | {"sections": EMPTY["sections"] | {"figures": [figure]}})

    assert (figure["image"]["width"], figure["image"]["height"]) == (40, 30)
    content = base64.b64decode(re.search(r'src="data:image/png;base64,([^"]+)"', html)[1])
    assert content.startswith(b"\x89PNG")
    assert not re.findall(r'(?:src|href)="(?!data:|#|figures/|tables/|provenance\.json)[^"]*"', html)
    assert not re.findall("https?:|@import|url\\(", re.sub('src="[^"]+"', "", html))


def test_anchor() -> None:
    """Anchors on the page have no spaces or special characters."""
    assert render.anchor("The hall, 2: neural_ode") == "the-hall-2-neural-ode"
