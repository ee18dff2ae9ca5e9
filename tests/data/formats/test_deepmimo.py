"""DeepMIMO's own generator, version 4, computes the same channels from the same folders."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from layouts import write_v4

from robustloc.data import channel, folder

deepmimo = pytest.importorskip("deepmimo", reason="the peer is in the extra 'test'")

QUANTITIES = ["power", "phase", "delay", "aod_az", "aod_el", "aoa_az", "aoa_el", "inter", "rx_pos", "tx_pos"]
SETUP = channel.Channel(antennas=16, subcarriers=32, bandwidth_hz=2e7)


def channels(scenario: Path, **pair: list[int]) -> np.ndarray:
    """Compute channel matrices (N, antennas, subcarriers) of a transmitter and a receiver set with DeepMIMO."""
    deepmimo.config.set("scenarios_folder", str(scenario.parent))
    dataset = deepmimo.load(scenario.name, matrices=QUANTITIES, **pair)
    parameters = deepmimo.ChannelParameters()
    parameters.bs_antenna.shape, parameters.ue_antenna.shape = np.array([SETUP.antennas, 1]), np.array([1, 1])
    parameters.ofdm.subcarriers = SETUP.subcarriers
    parameters.ofdm.selected_subcarriers = np.arange(SETUP.subcarriers)
    parameters.ofdm.bandwidth, parameters.num_paths = SETUP.bandwidth_hz, SETUP.max_paths
    return dataset.compute_channels(parameters)[:, 0]


def assert_equal(ours: np.ndarray, peer: np.ndarray) -> None:
    """Compare to 1e-4 of the peak, because DeepMIMO computes in single precision."""
    assert ours.shape == peer.shape
    assert np.abs(ours - peer).max() <= 1e-4 * np.abs(ours).max()


@pytest.mark.parametrize(("name", "transmitter"), [("BS1", 3), ("BS2", 2), ("BS3", 1)])
def test_channels_of_the_city(city: Path, tmp_path: Path, name: str, transmitter: int) -> None:
    """Every base station of the real city has DeepMIMO's channels; DeepMIMO numbers the sets differently."""
    scenario = tmp_path / "city"  # lower case, because DeepMIMO converts the name
    shutil.copytree(city / "new_york_v4", scenario)

    ours = channel.matrix(folder.read(scenario, name), SETUP)

    assert_equal(ours, channels(scenario, tx_sets=[transmitter], rx_sets=[0]))


def test_what_we_write_is_a_scenario(tmp_path: Path, arrays: dict) -> None:
    """DeepMIMO loads a folder that this project wrote, including late paths and blocked users."""
    arrays["delay"] *= 2  # the latest are then later than the symbol of 1.6 microseconds
    scenario = write_v4(tmp_path / "written", arrays)
    paths = folder.read(scenario, "BS7")

    assert (paths.delay > SETUP.subcarriers / SETUP.bandwidth_hz).any()
    assert_equal(channel.matrix(paths, SETUP), channels(scenario))
