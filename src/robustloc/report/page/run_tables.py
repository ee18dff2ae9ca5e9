"""The settings and the making of a run as tables of texts: scenes, localizers, attacks, training, hardware, time."""

from datetime import datetime

# Equal to `robustloc.data.paths.SIGHT`, which the room `report` may not import; a test compares the two.
SIGHT = {
    1: "in line of sight",
    0: "without line of sight",
    -1: "without any path",
    -2: "with line of sight not recorded",
}
SCALES = {
    "unit": "profile / peak; epsilon is a share of the strongest training pixel",
    "db": "1 − decibels below the peak / 80, at least 0; an epsilon of 0.01 is 0.8 dB per pixel",
    "raw": "profile as computed; epsilon is a magnitude",
}


def scenes(scenarios: dict[str, dict], manifests: dict[str, dict], sights: dict[str, dict[int, int]]) -> dict:
    """Describe the scenarios side by side.

    Args:
        scenarios: their configuration.
        manifests: manifests of their data sets.
        sights: scenario -> number of test users by `line_of_sight`.
    """
    columns = [_scene(config, manifests[name], sights[name]) for name, config in scenarios.items()]
    return {
        "columns": ["", *scenarios],
        "rows": [[title, *(column[title] for column in columns)] for title in (columns[0] if columns else [])],
    }


def _scene(config: dict, manifest: dict, sight: dict[int, int]) -> dict[str, str]:
    raw, channel, parts = config["raw"], config["channel"], manifest["parts"]
    angles, delays = manifest["shape"]
    ratios = ", ".join(f"{ratio:g}" for ratio in config["psrs_db"])
    return {
        **_origin(raw, config["carrier_hz"], config["base_station"]),
        "users": f"{manifest['users']:,}",
        "train / validation / test": " / ".join(f"{parts[name]:,}" for name in ("train", "validation", "test")),
        "unused users": f"{parts['unused']:,}",
        "test users": ", ".join(f"{count:,} {SIGHT[kind]}" for kind, count in sorted(sight.items(), reverse=True)),
        "split": options(_split(config["split"])),
        "array": f"{channel['antennas']} antennas along y, {channel['spacing_wavelengths']:g} wavelengths apart",
        "band": f"{channel['subcarriers']} subcarriers over {channel['bandwidth_hz'] / 1e6:g} MHz",
        "paths": f"up to {channel['max_paths']} per user, late ones: {channel['late_paths']}"
        if "max_paths" in channel
        else "measured channel matrices",
        "profile": f"{angles} × {delays} (angle × delay), convention {config['adp']['convention']}",
        "input scale": f"{manifest['scale']['name']}: {SCALES[manifest['scale']['name']]}",
        "ε": ", ".join(f"{epsilon:g}" for epsilon in config["epsilons"]) or "none",
        "PSR over the air": f"{ratios} dB" if ratios else "none",
        "ε of the verdicts": f"{config['reference_epsilon']:g}",
    }


def _origin(raw: str | dict, carrier: float | None, station: str | list | None) -> dict[str, str]:
    """Describe a folder (by its name), a traced scene, or a file of measured matrices, which has neither of the two."""
    if isinstance(raw, dict) and "csi" in raw:
        return {"source": f"file {raw['csi']}", "carrier": "not recorded", "base station": "not recorded"}
    source, frequency = f"folder {raw}", "as in the folder"
    if carrier is not None:
        source = f"{raw['scene']}, traced with up to {raw['max_reflections']} reflections"
        frequency = f"{carrier / 1e9:g} GHz"
    place = station if isinstance(station, str) else f"({', '.join(f'{x:g}' for x in station)}) m"
    return {"source": source, "carrier": frequency, "base station": place}


def _split(found: dict) -> dict:
    """Drop the keys that this kind of split does not use."""
    return found if found["kind"] == "block" else {key: found[key] for key in ("kind", "validation", "test")}


def entries(found: dict[str, dict]) -> list[list[str]]:
    """List models, defences or attacks: name, plugin if the entry has one, other settings."""
    rows = []
    for name, entry in found.items():
        said = {key: value for key, value in entry.items() if key not in ("plugin", "parameters")}
        plugin = "" if entry.keys() & {"members", "file"} else entry["plugin"]
        rows.append([name, plugin, options(said | entry["parameters"])])
    return rows


def options(found: object) -> str:
    """Write nested settings in one line."""
    if isinstance(found, dict):
        return ", ".join(
            f"{key} ({options(value)})" if isinstance(value, dict) else f"{key} {options(value)}".strip()
            for key, value in found.items()
            if value is not None
        )
    if isinstance(found, bool):
        return "yes" if found else "no"
    if isinstance(found, list):
        return ", ".join(map(options, found))
    return f"{found:g}" if isinstance(found, float) else str(found)


def making(provenance: dict) -> dict:
    """Describe how the results were made: jobs, times, hosts and versions.

    Args:
        provenance: content of provenance.json.
    """
    rules = provenance["rules"]
    seconds = sum(rule["seconds"] for rule in rules.values())
    ends = [datetime.strptime(end, "%Y-%m-%dT%H:%M:%S%z") for end in provenance["ended"]]
    return {
        "jobs": sum(rule["jobs"] for rule in rules.values()),
        "work": duration(seconds),
        "began": f"{ends[0]:%Y-%m-%d %H:%M}",
        "ended": f"{ends[-1]:%Y-%m-%d %H:%M}",
        "span": duration((ends[-1] - ends[0]).total_seconds()),
        "hardware": [_host(host) for host in provenance["hardware"]],
        "versions": {name: ", ".join(found) for name, found in provenance["versions"].items()},
        "rules": [
            [name, f"{rule['jobs']:,}", f"{rule['seconds']:,.1f}", f"{rule['peak_memory_mb']:,}"]
            for name, rule in sorted(rules.items(), key=lambda item: -item[1]["seconds"])
        ],
    }


def _host(found: dict) -> str:
    gpus = "; ".join(found["gpus"])
    text = f"{found['host']}: {found['processor']}, {found['cores']} cores, {found['memory_gb']} GB"
    return f"{text}, GPU {gpus}" if gpus else text


def duration(seconds: float) -> str:
    """Write a time in the largest unit that it fills."""
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} s"
