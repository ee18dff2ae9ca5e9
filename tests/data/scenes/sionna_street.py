"""Trace the street with Sionna RT. A separate program, because some builds of LLVM abort the whole process.

    python sionna_street.py TASK.json RESULT.npz

The task contains the buildings' corners, the site, the users, the carrier and both materials. The result contains the
delay [s] and the amplitude of each path of each user, and NaN behind the last path.
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import sionna.rt as rt

HEIGHT_M = 40.0
MATERIAL = """<bsdf type="radio-material" id="{name}"><float name="relative_permittivity" value="{permittivity}"/>
<float name="conductivity" value="{conductivity}"/><float name="thickness" value="5"/></bsdf>"""
BUILDING = """<shape type="cube" id="building{i}"><ref id="wall" name="bsdf"/><transform name="to_world">
<scale x="{sx}" y="{sy}" z="{sz}"/><translate x="{x}" y="{y}" z="{sz}"/></transform></shape>"""
GROUND = """<shape type="rectangle" id="ground"><ref id="ground_material" name="bsdf"/><transform name="to_world">
<scale value="2000"/><translate x="260" y="500" z="0"/></transform></shape>"""


def describe(task: dict) -> str:
    """Write the scene in Mitsuba's format."""
    parts = [MATERIAL.format(name=name, **task[name]) for name in ("wall", "ground_material")]
    for i, (low, high) in enumerate(task["buildings"]):
        (x, y), (sx, sy) = np.add(low, high) / 2, np.subtract(high, low) / 2
        parts.append(BUILDING.format(i=i, x=x, y=y, sx=sx, sy=sy, sz=HEIGHT_M / 2))
    return '<scene version="2.1.0">' + "\n".join([*parts, GROUND]) + "</scene>"


def main(task: dict) -> dict[str, np.ndarray]:
    """Trace and return delays and amplitudes (users, paths)."""
    with tempfile.NamedTemporaryFile("w", suffix=".xml") as file:
        file.write(describe(task))
        file.flush()
        scene = rt.load_scene(file.name)
    scene.frequency = task["carrier_hz"]
    scene.tx_array = scene.rx_array = rt.PlanarArray(num_rows=1, num_cols=1, pattern="iso", polarization="V")
    scene.add(rt.Transmitter("site", position=task["site"]))
    for i, user in enumerate(task["users"]):
        scene.add(rt.Receiver(f"user{i}", position=user))
    options = {"diffuse_reflection": False, "refraction": False, "samples_per_src": 200_000, "seed": 1}
    paths = rt.PathSolver()(scene, max_depth=task["max_reflections"], **options)
    valid = np.array(paths.valid).reshape(len(task["users"]), -1)
    real, imaginary = (np.array(part).reshape(valid.shape) for part in paths.a)
    delay = np.where(valid, np.array(paths.tau).reshape(valid.shape), np.nan)
    return {"delay": delay, "amplitude": np.where(valid, np.hypot(real, imaginary), np.nan)}


if __name__ == "__main__":
    np.savez(sys.argv[2], **main(json.loads(Path(sys.argv[1]).read_text())))
