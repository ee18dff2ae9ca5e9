"""robustloc: how far does an attacker move a massive-MIMO localizer's position estimate?

Data flow, one room per arrow::

    raw DeepMIMO folder --scenario--> paths --channel, adp--> angle-delay profiles --dataset--> Parquet shards
    shards --training--> localizer checkpoint --evaluation--> adversarial set --tables, figures--> results

Conventions, used everywhere:

* Positions, lengths and errors are in metres, delays in seconds, angles in radians, frequencies in hertz, unless a
  name says otherwise (``power_dbm``, ``spacing_wavelengths``).
* Zenith is 0 along +z; azimuth is 0 along +x and grows towards +y. Angles of a path are those of departure at the
  base station, whose uniform linear array lies along y; antenna 0 and subcarrier 0 are the phase origins.
* A channel matrix has shape ``(users, antennas, subcarriers)``, an angle-delay profile (ADP)
  ``(users, angle bins, delay bins)``, a model's input ``(users, 1, angle bins, delay bins)``.
* An epsilon is in the units of the model's input, that is, after the scenario's declared input scale.
"""
