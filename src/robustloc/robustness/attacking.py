"""From a configured attack, or none, on one localizer's test users to the columns of their set."""

import traceback

import numpy as np
import torch
from torch import nn

from robustloc.attacks.parts import losses
from robustloc.base import plugins, seeds
from robustloc.base.errors import UserError
from robustloc.base.seeds import LOCALIZER
from robustloc.data.channel_matrices import Channels
from robustloc.data.dataset import Manifest, Users
from robustloc.data.positions import goals, position_error
from robustloc.data.transform import from_matrix
from robustloc.robustness import domains
from robustloc.robustness.crafting import Crafted, craft, verify
from robustloc.robustness.measuring import measure, strongest


def attacked(
    config: dict,
    manifest: Manifest,
    test: Users,
    channels: list[Channels | None],
    *,
    source: nn.Module | None,
    localizer: nn.Module,
) -> tuple[dict[str, np.ndarray], dict]:
    """Attack test users and measure the effect on a localizer.

    Args:
        config: ``cell``, root ``seed``, ``attack`` (None: no attack), ``batch_size`` and ``keep_adps``.
        manifest: manifest of the data set.
        test: N test users.
        channels: two entries: channel matrices of the test users, and of the training users that an attack learns from.
            An entry is None if the attack does not need it.
        source: network that the attack crafts on; None without attack.
        localizer: network whose errors are measured.

    Returns:
        Columns of the set (see `robustloc.robustness.adversarial_set.write`), and the spent budget: the values of
        `robustloc.robustness.measuring.Outcome.spent`, and under an attack those of
        `robustloc.robustness.crafting.Crafted`.

    Raises:
        UserError: the attack's plugin refuses a parameter, is not defined for the norm, or fails. The message names the
            attack.
    """
    attack = config["attack"] or {}
    aims = goals(attack.get("target"), test.position)
    outcomes, spent = [], {"largest_unprojected": 0.0, "evaluations": 0} if attack else {}
    for way in ways(attack):
        users = domains.of_attack(way, test.adp, channels[0] and channels[0].csi, manifest)
        moved = users.start
        if attack:
            moved, largest, evaluations = _crafted(
                config | {"attack": way}, source, users, aims, test, channels[1], manifest
            )
            spent["largest_unprojected"] = max(largest, spent["largest_unprojected"])
            spent["evaluations"] += evaluations
        outcomes.append(measure(localizer, users, moved, test.adp, manifest.scale, config["batch_size"]))
    gains = [position_error(one.prediction, aims) * (-1 if "target" in attack else 1) for one in outcomes]
    outcome = strongest(outcomes, np.stack(gains))
    if attack and not users.physical:
        _check_sizes(config, outcome.adversarial, manifest.scale.apply(test.adp))
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
        columns |= {"target": aims, "target_m": position_error(outcome.prediction, aims)}
    if config["keep_adps"]:
        columns["adp"] = outcome.adversarial
    return columns, outcome.spent() | spent


def ways(attack: dict) -> list[dict]:
    """Return an attack once for each bearing, if it has several: its transmitter may stand at any of them."""
    bearings = attack.get("bearing_deg")
    return [attack | {"bearing_deg": one} for one in bearings] if isinstance(bearings, list) else [attack]


def _check_sizes(config: dict, adversarial: np.ndarray, clean: np.ndarray) -> None:
    """Compare perturbed inputs (N, …) with their budget once more, on users that no attack can reach."""
    moved = torch.from_numpy(adversarial)
    try:
        verify(moved - torch.from_numpy(clean), moved, config["cell"]["epsilon"], config["attack"]["norm"])
    except UserError as error:
        raise UserError(f"attacks.{config['cell']['attack']}: {error}") from error


def _crafted(
    config: dict,
    source: nn.Module,
    users: domains.Domain,
    aims: np.ndarray,
    test: Users,
    learnt: Channels | None,
    manifest: Manifest,
) -> Crafted:
    """Run the attack that the configuration describes."""
    attack, cell, examples = config["attack"], config["cell"], None
    if "examples" in plugins.options("attacks", attack["plugin"]):
        adp = from_matrix(learnt.csi, manifest.convention).astype(np.float32)
        examples = (
            domains.of_attack(attack, adp, learnt.csi, manifest),
            goals(attack.get("target"), learnt.position),
        )
    # each user has its own seed, so its example does not depend on the batch size
    names = [cell[name] for name in (*LOCALIZER, "attack", "epsilon")]
    try:
        return craft(
            source,
            users,
            aims,
            plugins.attack(attack),
            eps=10 ** (cell["epsilon"] / 20) if users.physical else cell["epsilon"],
            norm=attack["norm"],
            seeds=[seeds.seed(config["seed"], *names, user) for user in test.user],
            batch_size=config["batch_size"],
            aim=losses.closeness if "target" in attack else losses.SquaredError,
            examples=examples,
        )
    except ValueError as error:
        if not isinstance(error, UserError):
            traceback.print_exc()  # a plugin's own error: its author needs the line
        raise UserError(f"attacks.{cell['attack']}: {error}") from error
