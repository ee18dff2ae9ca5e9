"""Print the content of DeepMIMO scenario folders: generation, carrier, user rows, base stations and their paths."""

import argparse
import sys
from pathlib import Path

from robustloc.base.errors import UserError
from robustloc.data import inspection


def main(arguments: list[str]) -> None:
    """Print an overview of each folder; continue after a folder that cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m robustloc.jobs inspect", description=__doc__)
    parser.add_argument("folder", type=Path, help="a scenario folder, or a folder that contains scenario folders")
    failed = False
    try:
        for folder in inspection.folders(parser.parse_args(arguments).folder):
            try:
                print(inspection.overview(folder), end="\n\n", flush=True)
            except UserError as error:
                print(f"error: {error}", end="\n\n", flush=True)
                failed = True
    except UserError as error:
        sys.exit(f"error: {error}")
    sys.exit(failed)
