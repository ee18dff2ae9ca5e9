"""Attack one localizer's test users with one attack at one budget -> adversarial set; without attack: clean set."""

import math
import traceback

import numpy as np
import torch

from robustloc.attacks.parts import losses
from robustloc.base import plugins, seeds
from robustloc.base.errors import UserError
from robustloc.base.seeds import LOCALIZER
from robustloc.data.channel_matrices import Channels, read_channels
from robustloc.data.dataset import Manifest
from robustloc.data.positions import position_error
from robustloc.data.transform import from_matrix
from robustloc.jobs.job import Job, run
from robustloc.localizer import cost
from robustloc.localizer.checkpoint import load
from robustloc.robustness import adversarial_set, domains
from robustloc.robustness.crafting import craft
from robustloc.robustness.measuring import measure

# users whose estimates are counted
COUNTED = 16


def main(job: Job) -> None:
    """Craft, verify, measure and write the set."""
    config, attack = job.config, job.config["attack"] or {}
    manifest = Manifest.read(job.input("manifest"))
    test = manifest.test()
    channels = read_channels(job.input("csi"), "test", "train") if job.inputs["csi"] else None
    users = _domain(attack, test.adp, channels[0] if channels else None, manifest)
    goals = _targets(attack, test.position)
    moved, spent = users.start, {}
    if attack:
        source = load(job.input("surrogate" if job.inputs["surrogate"] else "checkpoint"))
        moved, unprojected = _craft(config, source, users, goals, test.user, channels, manifest)
        spent = {"largest_unprojected": unprojected}
    attacked = load(job.input("checkpoint"))
    some = torch.from_numpy(manifest.scale.apply(test.adp[:COUNTED])).unsqueeze(1)
    found = {} if attack else {"size": cost.count(attacked, some)}
    outcome = measure(attacked, users, moved, test.adp, manifest.scale, config["batch_size"])
    columns = {
        "user": test.user,
        "position": test.position,
        "clean_prediction": outcome.clean_prediction,
        "prediction": outcome.prediction,
        "clean_error_m": position_error(outcome.clean_prediction, test.position),
        "error_m": position_error(outcome.prediction, test.position),
        "linf": outcome.linf,
        "l2": outcome.l2,
        "psr_db": outcome.psr_db,
    }
    if "target" in attack:
        columns |= {"target": goals, "target_m": position_error(outcome.prediction, goals)}
    if config["keep_adps"]:
        columns["adp"] = outcome.adversarial
    adversarial_set.write(job.output("set"), columns, job.record() | found | {"spent": outcome.spent() | spent})


def _craft(
    config: dict,
    source: torch.nn.Module,
    users: domains.Domain,
    goals: np.ndarray,
    numbers: np.ndarray,
    channels: tuple[Channels, Channels] | None,
    manifest: Manifest,
) -> tuple[torch.Tensor, float]:
    """Run the attack that the configuration describes."""
    attack, cell, examples = config["attack"], config["cell"], None
    if "examples" in plugins.options("attacks", attack["plugin"]):
        learnt = channels[1]
        adp = from_matrix(learnt.csi, manifest.convention)
        learning = _domain(attack, adp.astype(np.float32), learnt, manifest)
        examples = (learning, _targets(attack, learnt.position))
    names = [cell[name] for name in (*LOCALIZER, "attack", "epsilon")]
    try:
        return craft(
            source,
            users,
            goals,
            plugins.attack(attack),
            eps=10 ** (cell["epsilon"] / 20) if users.physical else cell["epsilon"],
            norm=attack["norm"],
            seeds=[seeds.seed(config["seed"], *names, user) for user in numbers],
            batch_size=config["batch_size"],
            aim=losses.closeness if "target" in attack else losses.squared_error,
            examples=examples,
        )
    except ValueError as error:  # the plugin refuses a parameter, has no form for the norm, or fails
        if not isinstance(error, UserError):
            traceback.print_exc()
        raise UserError(f"attacks.{cell['attack']}: {error}") from error


def _domain(attack: dict, adp: np.ndarray, channels: Channels | None, manifest: Manifest) -> domains.Domain:
    """Show users to the attacker as the attack wants them."""
    name, scale, convention = attack.get("domain", "input"), manifest.scale, manifest.convention
    if name == "csi":
        return domains.of_channels(channels.csi, scale, convention)
    if name == "antenna":
        advance = manifest.channel.spacing_wavelengths * math.sin(math.radians(attack["bearing_deg"]))
        return domains.of_antenna(channels.csi, scale, convention, advance)
    return (domains.of_profiles if name == "adp" else domains.of_inputs)(adp, scale)


def _targets(attack: dict, position: np.ndarray) -> np.ndarray:
    """Return where estimates are drawn to, or the true positions that they are driven away from; (N, 3) [m]."""
    target = attack.get("target")
    if not target:
        return position
    if "position" in target:
        return np.broadcast_to(np.array(target["position"], dtype=float), position.shape).copy()
    bearing = math.radians(target["bearing_deg"])
    return position + target["distance_m"] * np.array([math.cos(bearing), math.sin(bearing), 0.0])


if __name__ == "__main__":
    inputs = ("manifest", "test", "checkpoint", "surrogate", "csi")
    run(main, __doc__, inputs=inputs, outputs=("set",), accelerated=True)
