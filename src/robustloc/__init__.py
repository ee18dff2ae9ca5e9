"""robustloc: how far does an attacker move a massive-MIMO localizer's position estimate?

The public names, which `dir(robustloc)` lists and `help(robustloc.attack)` explains::

    read_scenario         a raw DeepMIMO folder -> paths
    Channel               array and waveform
    angle_delay_profiles  paths -> angle-delay profiles
    load_dataset          a manifest.json -> profiles and positions by part, input scale, channel
    load_localizer        a checkpoint.pt -> network, scaled profiles -> positions
    attack                any network, inputs and true positions -> moved inputs
    examine               any network -> measurements that show whether attacks on it can be believed
    position_error        estimates and true positions -> errors
    certified_errors      estimates under noise -> errors that no attack exceeds
    UserError             bad input: says what was expected and what was found

Conventions, used everywhere:

* Positions, lengths and errors are in metres, delays in seconds, angles in radians, frequencies in hertz, unless a
  name says otherwise (``power_dbm``, ``spacing_wavelengths``).
* Zenith is 0 along +z; azimuth is 0 along +x and grows towards +y. A path has its angles of departure at the base
  station, whose uniform linear array lies along y; antenna 0 and subcarrier 0 are the phase origins.
* A channel matrix has shape ``(users, antennas, subcarriers)``, an angle-delay profile (ADP)
  ``(users, angle bins, delay bins)``, a model's input ``(users, 1, angle bins, delay bins)``.
* An epsilon is in the units of the model's input, that is, after the scenario's declared input scale.
"""

# A name is imported when it is first used (PEP 562): `import robustloc` is quick, and torch is loaded only for a name
# that needs it. `__init__.pyi` has the same names for editors and type checkers.
_PUBLIC = {
    "Channel": "data.channel:Channel",
    "UserError": "base.errors:UserError",
    "angle_delay_profiles": "data.profile:from_paths",
    "attack": "robustness.own_network:attack",
    "certified_errors": "robustness.certificate:certified_errors",
    "examine": "robustness.own_network:examine",
    "load_dataset": "data.dataset:Manifest.read",
    "load_localizer": "localizer.checkpoint:load",
    "position_error": "data.positions:position_error",
    "read_scenario": "data.folder:read",
}
__all__ = list(_PUBLIC)


def __getattr__(name: str) -> object:
    """Import a public name when it is first used."""
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; public names: {', '.join(_PUBLIC)}")
    from importlib import import_module
    from operator import attrgetter

    module, _, place = _PUBLIC[name].partition(":")
    found = globals()[name] = attrgetter(place)(import_module(f"{__name__}.{module}"))
    return found


def __dir__() -> list[str]:
    """List the public names alone."""
    return sorted(_PUBLIC)
