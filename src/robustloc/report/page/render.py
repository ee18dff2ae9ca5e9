"""One HTML page that opens offline: the template in this folder, with style, script and images embedded."""

import base64
import re
import struct
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

FOLDER = Path(__file__).parent


def render(**content: object) -> str:
    """Fill in the template; all texts are escaped.

    Args:
        content: what the template shows, by name, see `template.html`.
    """
    # StrictUndefined: by default, a name that the template misspells becomes an empty text
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["anchor"] = anchor
    return environment.get_template("template.html").render(content)


def anchor(name: str) -> str:
    """Make a name usable as the identifier of a place on the page."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def image(png: Path) -> dict:
    """Return an image as a data URI, with its width and height in pixels."""
    content = png.read_bytes()
    width, height = struct.unpack(">II", content[16:24])  # from the header chunk, which comes first
    return {"uri": f"data:image/png;base64,{base64.b64encode(content).decode()}", "width": width, "height": height}
