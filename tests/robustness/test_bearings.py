"""A transmitter that may stand at several bearings: each user's worst one counts."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from robustloc.base.seeds import LOCALIZER
from robustloc.data.scale import Scale
from robustloc.data.transform import CONVENTIONS, from_matrix
from robustloc.robustness.attacking import attacked

RNG = np.random.default_rng(0)
CSI = (RNG.normal(size=(6, 8, 8)) + 1j * RNG.normal(size=(6, 8, 8))).astype(np.complex64)
CONVENTION = CONVENTIONS["paper"]
ADP = from_matrix(CSI, CONVENTION).astype(np.float32)
MANIFEST = SimpleNamespace(
    scale=Scale("db", 4.0), convention=CONVENTION, channel=SimpleNamespace(spacing_wavelengths=0.5)
)
PSR_DB = -20


def columns(bearing: float | list[float], **more: object) -> dict[str, np.ndarray]:
    """Attack made-up users from one bearing or several, and return the columns of the set."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 3))
    users = SimpleNamespace(adp=ADP, position=5 * np.random.default_rng(1).random((6, 3)), user=np.arange(6))
    attack = {"plugin": "gradient", "norm": "l2", "domain": "antenna", "bearing_deg": bearing}
    attack["parameters"] = {"steps": 3, "step": 2.5, "random_start": True, "keep_best": True}
    names = dict.fromkeys(LOCALIZER, "x") | {"attack": "csi_antenna", "epsilon": PSR_DB}
    config = {"cell": names, "seed": 0, "attack": attack | more, "batch_size": 4, "keep_adps": True}
    channels = [SimpleNamespace(csi=CSI), None]
    return attacked(config, MANIFEST, users, channels, source=network, localizer=network)[0]


def test_one_bearing_in_a_list() -> None:
    """A list of one bearing gives the set of this bearing."""
    one, listed = columns(30.0), columns([30.0])

    for name, values in one.items():
        np.testing.assert_array_equal(listed[name], values, err_msg=name)


def test_several_bearings() -> None:
    """Each user has the columns of the bearing with its largest error, and keeps the budget."""
    each, several = [columns(bearing) for bearing in (-40.0, 0.0, 30.0)], columns([-40.0, 0.0, 30.0])
    errors = np.stack([one["error_m"] for one in each])
    chosen = errors.argmax(axis=0)

    assert len(set(chosen)) > 1
    for name in ("error_m", "prediction", "adp", "psr_db"):
        expected = np.stack([one[name] for one in each])[chosen, np.arange(6)]
        np.testing.assert_array_equal(several[name], expected, err_msg=name)
    assert several["psr_db"].max() <= PSR_DB + 1e-3


def test_several_bearings_towards_a_target() -> None:
    """With a target, the bearing that brings an estimate nearest to the target counts."""
    target = {"position": [9.0, 9.0, 0.0]}
    each = [columns(bearing, target=target)["target_m"] for bearing in (-40.0, 30.0)]

    np.testing.assert_array_equal(columns([-40.0, 30.0], target=target)["target_m"], np.minimum(*each))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_order_of_bearings(order: tuple[int, int]) -> None:
    """The order of the bearings does not matter."""
    bearings = [-40.0, 30.0]

    np.testing.assert_array_equal(columns([bearings[n] for n in order])["error_m"], columns(bearings)["error_m"])
