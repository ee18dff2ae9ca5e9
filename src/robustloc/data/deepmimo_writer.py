"""Write traced paths as a DeepMIMO v4 folder, so that embedded scenes and downloads are read by the same code."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

FORMAT = "deepmimo_v4"  # the plugin in data/formats that reads the folder
TRANSMITTER, RECEIVER = 1, 0
QUANTITIES = ("power", "phase", "delay", "aod_az", "aod_el", "aoa_az", "aoa_el", "inter", "rx_pos", "tx_pos")


def file_names() -> dict[str, str]:
    """Return the name of each file that `write` writes, by quantity; "params" is the description."""
    pair = f"t{TRANSMITTER:03}_tx000_r{RECEIVER:03}"
    return {"params": "params.json"} | {quantity: f"{quantity}_{pair}.npz" for quantity in QUANTITIES}


def write(
    files: Mapping[str, Path], arrays: Mapping[str, np.ndarray], *, name: str, carrier_hz: float, max_reflections: int
) -> None:
    """Write one base station and one user grid.

    Args:
        files: path of each file, by the keys of `file_names`.
        arrays: by quantity. Path quantities have the shape (N, P) and are padded with NaN: power [dBm], phase and
            angles [deg], delay [s], inter. rx_pos is (N, 3) [m], tx_pos is (3,) [m].
        name: name of the base station.
        carrier_hz: carrier frequency [Hz].
        max_reflections: largest number of reflections that was traced.
    """
    users = len(arrays["rx_pos"])
    sets = [_set(RECEIVER, "users", users, is_tx=False), _set(TRANSMITTER, name, 1, is_tx=True)]
    parameters = {
        "version": "4.0.0",
        "rt_params": {
            "raytracer_name": "robustloc image method",
            "raytracer_version": "1",
            "frequency": carrier_hz,
            "max_path_depth": max_reflections,
            "max_reflections": max_reflections,
            "max_diffractions": 0,
            "max_scattering": 0,
            "max_transmissions": 0,
        },
        "txrx_sets": {f"txrx_set_{s['id']}": s for s in sets},
        "materials": {},
        "scene": {"num_scenes": 1, "n_objects": 0, "n_vertices": 0, "n_faces": 0, "n_triangular_faces": 0},
    }
    Path(files["params"]).write_text(json.dumps(parameters, indent=2) + "\n", encoding="utf-8")
    for quantity in QUANTITIES:
        with open(files[quantity], "wb") as file:  # an open file, because numpy would add .npz to a temporary name
            np.savez_compressed(file, **{quantity: np.asarray(arrays[quantity], dtype=np.float32)})


def _set(number: int, name: str, points: int, *, is_tx: bool) -> dict:
    return {
        "name": name,
        "id_orig": number,
        "id": number,
        "is_tx": is_tx,
        "is_rx": not is_tx,
        "num_points": points,
        "num_active_points": points,
        "num_ant": 1,
        "dual_pol": False,
        "ant_rel_positions": [[0, 0, 0]],
        "array_orientation": [0, 0, 0],
    }
