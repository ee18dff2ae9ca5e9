"""Checkpoints and sets are readable without running code, and equal for equal work; seeds and plugins have names."""

from pathlib import Path

import numpy as np
import pytest
import torch

from robustloc.base import plugins, seeds
from robustloc.base.errors import UserError
from robustloc.localizer.checkpoint import load, save
from robustloc.localizer.network import Localizer, build
from robustloc.robustness import adversarial_set

MODEL = {"plugin": "neural_ode", "parameters": {"blocks": 2}}


def make_checkpoint(path: Path) -> Localizer:
    """Write a checkpoint of made-up weights."""
    torch.manual_seed(0)
    made = build(MODEL, (16, 16), torch.tensor([[1.0, 2.0, 3.0], [1.0, 10.0, 3.0]])).eval()
    save(path, made, MODEL, (16, 16))
    return made


def test_checkpoint_round_trip(tmp_path: Path) -> None:
    """A checkpoint gives the same network back, holds plain data alone, and its bytes do not depend on its name."""
    made = make_checkpoint(tmp_path / "a.pt")
    make_checkpoint(tmp_path / "another name.pt")
    x = torch.rand(3, 1, 16, 16)

    with torch.no_grad():
        assert torch.equal(load(tmp_path / "a.pt")(x), made(x))
    content = torch.load(tmp_path / "a.pt", weights_only=True)
    assert content["model"] == MODEL
    assert content.keys() == {"format", "model", "shape", "state", "wrapper"}
    assert (tmp_path / "a.pt").read_bytes() == (tmp_path / "another name.pt").read_bytes()


@pytest.mark.parametrize("kept", [0.0, 0.5, 0.99])
def test_damaged_checkpoint(tmp_path: Path, kept: float) -> None:
    """Half a checkpoint is an error that says what to do."""
    make_checkpoint(tmp_path / "a.pt")
    content = (tmp_path / "a.pt").read_bytes()
    (tmp_path / "a.pt").write_bytes(content[: int(kept * len(content))])

    with pytest.raises(UserError, match=r"a\.pt: not a readable checkpoint.*train again"):
        load(tmp_path / "a.pt")


def test_set_round_trip(tmp_path: Path) -> None:
    """A set gives its columns back and knows which cell it is."""
    cell = dict(zip(adversarial_set.CELL, ("s", "m", "none", 0, "fgsm", 0.1, "linf"), strict=True))
    rng = np.random.default_rng(0)
    columns = {"user": np.arange(4), "position": rng.random((4, 3)), "adp": rng.random((4, 2, 5), dtype=np.float32)}
    adversarial_set.write(tmp_path / "set.parquet", columns, cell, size={"parameters": 3})

    read = adversarial_set.read(tmp_path / "set.parquet", ["user", "position", "adp"])

    np.testing.assert_array_equal(read["position"], columns["position"])
    np.testing.assert_array_equal(read["adp"].reshape(4, 2, 5), columns["adp"])
    assert adversarial_set.cell(tmp_path / "set.parquet") == cell
    assert adversarial_set.described(tmp_path / "set.parquet") == {"cell": cell, "size": {"parameters": 3}}


def test_seeds_come_from_names() -> None:
    """Equal names give equal seeds, any other name or root another; the numbers stay what they are."""
    first = seeds.seed(0, "outdoor", "dcnn", 1)

    assert first == seeds.seed(0, "outdoor", "dcnn", 1)
    assert (
        len({first, seeds.seed(1, "outdoor", "dcnn", 1), seeds.seed(0, "outdoor", "dcnn", 2), seeds.seed(0, "outdoor")})
        == 4
    )
    assert 0 <= first < 2**63
    assert seeds.generator(0, "a").random() == seeds.generator(0, "a").random()


def test_plugins_are_found_by_name() -> None:
    """A misspelt plugin lists the files that there are; parameters are read off the file without importing it."""
    with pytest.raises(UserError, match=r"there is no model plugin 'dcn'; src/robustloc/models/ holds: constant, dcnn"):
        plugins.load("models", "dcn")
    assert plugins.options("models", "dcnn") == {"norm": plugins.Option("Literal['batch', 'group']", False, "batch")}
    assert plugins.options("models", "neural_ode")["steps"] == plugins.Option("int", False, 2)
    assert plugins.options("attacks", "gradient")["eps"].required
    assert plugins.options("attacks", "gradient")["minimum"] == plugins.Option("float | None", False)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "def perturb(loss, x, steps, *, eps): ...",
            r"perturb\(\) may have 2 positional parameters, found loss, x, steps; .*behind a \*",
        ),
        ("def perturb(loss, x, *, eps: float, steps=3): ...", r"perturb\(\) needs a type for steps, as in "),
        ("def attack(loss, x): ...", r"a file in attacks/ must define the function perturb\(\)"),
    ],
)
def test_plugins_of_another_shape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str) -> None:
    """A file that is no plugin of its kind says what such a file must define."""
    (tmp_path / "attacks").mkdir()
    (tmp_path / "attacks" / "own.py").write_text(text)
    monkeypatch.setattr(plugins, "PACKAGE", tmp_path)

    with pytest.raises(UserError, match=message):
        plugins.options("attacks", "own")


def test_output_of_another_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that does not give three coordinates is refused; its one would be spread over all three."""
    monkeypatch.setattr(plugins, "build", lambda *_: torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 1)))

    with pytest.raises(UserError, match=r"models: own: expected estimates of shape \(2, 3\).* found shape \(2, 1\)"):
        build({"plugin": "own", "parameters": {}}, (8, 8), torch.zeros(1, 3))
