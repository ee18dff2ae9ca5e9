"""Print what is in DeepMIMO scenario folders: generation, carrier, user rows, base stations and how many paths."""

import argparse
import sys
from pathlib import Path

from robustloc.base.errors import UserError
from robustloc.data import inspection


def main() -> None:
    """Print an overview of each; one that cannot be read does not hide the others."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="a scenario folder, or a folder of some")
    failed = False
    try:
        for folder in inspection.folders(parser.parse_args().folder):
            try:
                print(inspection.overview(folder), end="\n\n", flush=True)
            except UserError as error:
                print(f"error: {error}", end="\n\n", flush=True)
                failed = True
    except UserError as error:
        sys.exit(f"error: {error}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
