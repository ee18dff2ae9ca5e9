"""A value of another type is refused with its key and a hint, at every key and however it was given."""

import pytest
from configurations import SCHEMA
from every_key import DRAWN, PLACES, PLAIN, edited, found
from snakemake.cli import parse_config

from robustloc.base.errors import UserError
from robustloc.experiment import schema
from robustloc.experiment.config import check

# numbers that the schema writes without a point, although others are valid
NUMBERS = {"block_m", "guard_m"}
WHOLE = [place for place in PLACES if type(found(place)) is int and place[-1] not in NUMBERS]
AS_TEXT = "it was read as text"


def refusal(content: dict) -> str:
    """Why a configuration is refused."""
    with pytest.raises(UserError) as caught:
        check(content, SCHEMA)
    return str(caught.value)


def test_every_key_has_a_place() -> None:
    """The sample configuration has every key of the schema."""
    named = {part for place in PLACES for part in place}

    assert {key for _, key in schema._keys(SCHEMA, SCHEMA)} - named == set()
    check(PLAIN, SCHEMA)
    check(DRAWN, SCHEMA)


@pytest.mark.parametrize("place", WHOLE, ids=lambda place: ".".join(map(str, place)))
def test_whole_numbers(place: tuple) -> None:
    """8.0 is no whole number at any key, nor is true; the message says what to write."""
    whole = found(place)
    key = next(part for part in reversed(place) if isinstance(part, str))

    said = refusal(edited(place, float(whole)))
    assert key in said
    assert "raw.rows" in said or f"found {float(whole)}; write {whole}, without a point" in said or "found [" in said
    assert key in refusal(edited(place, True))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("training={epochs: 3}", "training.epochs: expected a whole number, found '3'; "),
        ("training={patience: null}", "training.patience: expected a whole number or null, found 'null'; "),
        ("training={epochs: [3]}", "training.epochs: expected a whole number, found ['3']"),
        ("crafting={keep_adps: false}", "crafting.keep_adps: expected true or false, found 'false'; "),
        ("scenarios={place: {epsilons: [0.1]}}", "scenarios.place.epsilons[0]: expected a number, found '0.1'; "),
        ("scenarios={place: {base_station: [1, 2, 3]}}", "found ['1', '2', '3']; "),
        ("scenarios={place: {users: {rows: [1, 5]}}}", "found ['1', '5']; "),
        ("scenarios={place: {split: {expected: [20, 4]}}}", "found ['20', '4']; "),
        ("attacks={step: {steps: 3}}", "attacks.step.steps: expected int, found '3'; "),
        ("attacks={step: {random_start: true}}", "attacks.step.random_start: expected bool, found 'true'; "),
        ("attacks={step: {minimum: null}}", "attacks.step.minimum: expected float | None, found 'null'; "),
        ("attacks={away: {target: {position: [1, 2, 3]}}}", "position[0]: expected a number, found '1'; "),
        ("grids=[{scenarios: [place], models: [net], seeds: [1]}]", "grids[0].seeds[0]: expected a whole number"),
        ("certificates={radii_sigmas: [1, 2]}", "certificates.radii_sigmas[0]: expected a number, found '1'; "),
        ("epsilons=[0.1]", "found 'epsilons'. Valid: attacks"),
        ("epochs=3", "found 'epochs'. Valid: attacks"),
        ("data_folder=2024", "data_folder: expected a text, found 2024; in a file, put it in quotes"),
        ("seed=1e3", "seed: expected a whole number, found 1000.0; write 1000, without a point"),
    ],
)
def test_command_line(given: str, message: str) -> None:
    """Values that the command line gives as texts, also in lists and mappings, are refused with a hint."""
    content = edited(("name",), "")
    merge(content, parse_config([given]))

    said = refusal(content)

    assert message in said
    assert (AS_TEXT in said) == message.endswith("'; ") or "['" in message or "seeds" in message


def merge(content: dict, overlay: dict) -> None:
    """Merge as Snakemake does."""
    for key, value in overlay.items():
        if isinstance(value, dict) and isinstance(content.get(key), dict):
            merge(content[key], value)
        else:
            content[key] = value


@pytest.mark.parametrize(
    ("place", "key", "home"),
    [
        ((), "epsilons", "scenarios.NAME"),
        ((), "epochs", "defences.NAME.training and of training"),
        (("scenarios", "place"), "antennas", "scenarios.NAME.channel"),
        (("training",), "keep_adps", "crafting"),
    ],
)
def test_keys_at_a_wrong_place(place: tuple, key: str, home: str) -> None:
    """A key that belongs elsewhere is refused, and the message says where it belongs."""
    said = refusal(edited((*place, key), 1))

    assert said.startswith(f"{'.'.join(place) or 'top level'}: expected a known key, found '{key}'")
    assert f"; {key} is a key of {home}" in said


@pytest.mark.parametrize("key", [1, None, True, 0.5])
@pytest.mark.parametrize(
    "kind", ["scenarios", "models", "attacks", "defences", ("models", "net"), ("defences", "none")]
)
def test_names_are_texts(kind: str | tuple, key: object) -> None:
    """A number, null, true or false as the name of an entry or of a parameter is refused with its place."""
    place = (kind,) if isinstance(kind, str) else kind

    assert refusal(edited((*place, key), {})).startswith(f"{'.'.join(place)}: expected a text, found {key}")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("seed",), 10**400),
        (("scenarios", "place", "epsilons"), [10**400]),
        (("scenarios", "place", "shards"), 10**9),
        (("grids", 1, "seeds"), [10**12]),
        (("models", "n" * 65), {"plugin": "dcnn"}),
        (("scenarios", "place", "epsilons"), [1e-300]),
        (("scenarios", "place", "psrs_db"), [-1e300]),
    ],
)
def test_too_large(place: tuple, value: object) -> None:
    """Numbers and names that no file name or loop can hold are refused with their key."""
    assert place[-1] in refusal(edited(place, value)) or place[0] in refusal(edited(place, value))
