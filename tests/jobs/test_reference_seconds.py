"""The benchmark that writes the reference seconds of each rule."""

import runpy

import yaml
from workflow_project import ROOT

KNOWN = {"train": 45.0, "trace": 8.5}


def test_seconds_of_rules() -> None:
    """A default run replaces the seconds of its rules; other experiments add the rules that it lacks and no more."""
    benchmark = runpy.run_path(str(ROOT / "benchmarks/workflow.py"))
    done = [benchmark["Done"](rule, [], [], 0.0, 1.0, 2.0, 0.5) for rule in ("train", "certify")]

    default, other = (yaml.safe_load(benchmark["expected"](done, KNOWN, is_default=one)) for one in (True, False))

    assert default == {"train": 2.5, "certify": 2.5, "trace": 8.5}
    assert other == KNOWN | {"certify": 2.5}
