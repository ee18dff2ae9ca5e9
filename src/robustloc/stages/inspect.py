"""Print what a data folder holds: DeepMIMO scenarios (users, base stations, paths) and files of measured channels."""

import argparse
import sys
from pathlib import Path

from robustloc.base.errors import UserError
from robustloc.data import inspection


def main(arguments: list[str]) -> None:
    """Print an overview of each folder, then an error for everything that could not be read."""
    parser = argparse.ArgumentParser(prog="python -m robustloc.jobs inspect", description=__doc__)
    parser.add_argument("folder", type=Path, help="a scenario folder, or a folder of scenario folders and files")
    try:
        for text in inspection.inspect(parser.parse_args(arguments).folder):
            print(text, end="\n\n", flush=True)
    except UserError as error:
        print(f"error: {error}", flush=True)
        sys.exit(1)
