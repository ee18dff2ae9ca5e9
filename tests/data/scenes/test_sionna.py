"""Sionna RT finds the same paths in the same street."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from robustloc.data.scenes import street
from robustloc.data.scenes.parts.reflection import CONCRETE, WET_EARTH, Material
from robustloc.data.scenes.parts.tracing import arrays

SITE = np.array(street.scene().base_stations["BS2"])
USERS = street.scene().users[:1100].reshape(-1, 3)[::9973]
CARRIER_HZ, DEPTH = 3.5e9, 3


def described(material: Material) -> dict[str, float]:
    """Return the parameters of a material for Sionna RT."""
    return {
        "permittivity": material.permittivity,
        "conductivity": material.c * (CARRIER_HZ / 1e9) ** material.d,
    }


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    """Delays and amplitudes of Sionna RT's paths."""
    if importlib.util.find_spec("sionna") is None:
        pytest.skip("Sionna RT is not installed: pip install sionna-rt, and a libLLVM that it can use (19 works)")
    place = tmp_path_factory.mktemp("sionna")
    task = {"carrier_hz": CARRIER_HZ, "max_reflections": DEPTH, "site": SITE.tolist(), "users": USERS.tolist()}
    task |= {"buildings": [[low.tolist(), high.tolist()] for low, high in street.buildings()]}
    task |= {"wall": described(CONCRETE), "ground_material": described(WET_EARTH)}
    (place / "task.json").write_text(json.dumps(task))
    program = Path(__file__).with_name("sionna_street.py")
    command = [sys.executable, program, place / "task.json", place / "result.npz"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not (place / "result.npz").exists() and ("LLVM" in done.stderr or done.returncode < 0):
        pytest.skip(f"Sionna RT cannot use this machine's LLVM: {done.stderr.splitlines()[-1:]}")
    assert done.returncode == 0, done.stderr
    return dict(np.load(place / "result.npz"))


def test_same_paths(peer: dict[str, np.ndarray]) -> None:
    """Each user has the same number of paths with the same delays, and the same powers up to polarisation."""
    table = arrays(street.find(SITE, USERS, CARRIER_HZ, DEPTH), USERS, SITE, CARRIER_HZ, 1000)
    apart = []
    for user in range(len(USERS)):
        own = table["delay"][user][np.isfinite(table["delay"][user])].astype(float)
        order = np.argsort(own)
        other = peer["delay"][user][np.isfinite(peer["delay"][user])]
        rank = np.argsort(other)
        assert len(own) == len(other), f"user {user}: {len(own)} paths, the peer has {len(other)}"
        np.testing.assert_allclose(own[order], other[rank], atol=2e-12)
        power = table["power"][user][: len(own)].astype(float)[order]
        apart.append(power - 20 * np.log10(peer["amplitude"][user][np.isfinite(peer["amplitude"][user])][rank]))
    difference = np.abs(np.concatenate(apart))

    assert len(difference) > 5 * len(USERS)
    assert np.median(difference) < 0.02
    assert np.percentile(difference, 99) < 1
