from robustloc.base.errors import UserError
from robustloc.data.channel import Channel
from robustloc.data.dataset import Manifest
from robustloc.data.folder import read as read_scenario
from robustloc.data.positions import position_error
from robustloc.data.profile import from_paths as angle_delay_profiles
from robustloc.localizer.checkpoint import load as load_localizer
from robustloc.robustness.certificate import certified_errors
from robustloc.robustness.own_network import attack, examine

__all__ = [
    "Channel",
    "UserError",
    "angle_delay_profiles",
    "attack",
    "certified_errors",
    "examine",
    "load_dataset",
    "load_localizer",
    "position_error",
    "read_scenario",
]

load_dataset = Manifest.read
