"""Mistakes in a network give the right result or a named error, from its training to its examination."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from examinations import examined
from faulty_files import DEFENCES, MODELS
from faulty_models import REFUSED, RIGHT, UNSAVED, Auxiliary, Grows, Net, NormalisedFeatures, Output, Quits, Runs
from made_up_plugins import install_file
from made_up_training import CONFIG, DATA, EPS, TRAINING, X, Y, install_model, run_stage
from torch import Tensor

import robustloc as rl
from robustloc.base import plugins
from robustloc.base.errors import UserError
from robustloc.data.scale import Scale
from robustloc.localizer import contract, preparation, readback
from robustloc.localizer.batches import Data
from robustloc.localizer.checkpoint import load, save
from robustloc.robustness import domains
from robustloc.robustness.crafting import craft
from robustloc.robustness.measuring import measure

MODEL = CONFIG["model"]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable:
    """Make a network the model plugin ``mine``."""
    return partial(install_model, monkeypatch)


@pytest.mark.parametrize("kind", RIGHT, ids=lambda kind: kind.__name__)
def test_right(kind: type, use: Callable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Training, attack, library and examination work on copies of their users, and restore the weights."""
    use(kind)
    localizer = load(run_stage(tmp_path, monkeypatch))
    adp = X[:5, 0].numpy().copy()
    users = domains.of_inputs(adp, Scale("raw", 1.0))
    before = {name: tensor.clone() for name, tensor in localizer.state_dict().items()}
    x = X[:5].clone()

    for name in ("gradient", "square"):
        perturb = plugins.attack({"plugin": name, "norm": "linf", "parameters": {}})
        seeds = {"seeds": list(range(5)), "batch_size": 2}
        moved, *_ = craft(localizer, users, Y[:5].numpy(), perturb, eps=EPS, norm="linf", **seeds)
        found = measure(localizer, users, moved, adp, Scale("raw", 1.0), 2)
        assert 0 < found.linf.max() <= EPS * (1 + 1e-4)
        np.testing.assert_array_equal(found.adversarial, moved[:, 0])
        assert 0 < float((rl.attack(localizer, x, Y[:5], name, eps=EPS) - X[:5]).abs().max()) <= EPS * (1 + 1e-4)
    figures = examined(localizer, x, Y[:5], EPS)
    assert figures["gradient_ratio_low"] == pytest.approx(1, abs=1e-3)
    assert figures["repeat_m"] == figures["traces"] == 0
    assert figures["alone_m"] < 1e-9
    assert torch.equal(x, X[:5])
    assert all(torch.equal(tensor, before[name]) for name, tensor in localizer.state_dict().items())
    assert localizer(x).dtype == torch.float32


@pytest.mark.parametrize("kind", UNSAVED, ids=lambda kind: kind.__name__)
def test_checkpoint_is_what_was_trained(
    kind: type, use: Callable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A network with state outside its state dict is refused, and the message names the state."""
    use(kind)

    with pytest.raises(UserError, match=rf"^models: mine: .*difference of \S+ m; it does not hold {UNSAVED[kind]}"):
        run_stage(tmp_path, monkeypatch)


def test_checkpoint_of_another_shape(use: Callable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A network whose checkpoint does not fit a new network is refused at once, and not in the next job."""
    use(Grows)

    with pytest.raises(
        UserError, match=r"(?s)^models: mine: .*size mismatch for network\.known.*; make all layers and buf"
    ):
        run_stage(tmp_path, monkeypatch)


@pytest.mark.parametrize("defence", ["none", "map_clamp"])
def test_networks_that_change_are_left_to_the_verdict(
    use: Callable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, defence: str
) -> None:
    """The comparison with the checkpoint changes no network, so each estimate is the first one."""
    use(Runs)

    assert run_stage(tmp_path, monkeypatch, defence=CONFIG["defence"] | {"plugin": defence}).is_file()


def test_random_networks_are_left_to_the_verdict(
    use: Callable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The comparison with the checkpoint gives both networks the same random numbers."""
    use(lambda: Output(lambda found, x: found + torch.randn_like(found)))
    found = preparation.train(CONFIG, DATA, None, tmp_path)
    save(tmp_path / "c.pt", found.localizer, MODEL, (8, 8))

    names = {"model": "mine", "defence": "none"}
    readback.check(tmp_path / "c.pt", found.localizer, found.used, X[12:], read=readback.read, **names)


@pytest.mark.parametrize("state", MODELS)
def test_state_outside_of_the_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, state: str) -> None:
    """The checkpoint is read back in another process, which has none of the state that training left in this one."""
    install_file(monkeypatch, tmp_path / "source", "models", "mine", MODELS[state])

    with pytest.raises(UserError, match=r"^models: mine: .*difference of \S+ m; it does not hold something outside of"):
        run_stage(tmp_path, monkeypatch, starts=True)


@pytest.mark.parametrize("state", DEFENCES)
def test_state_outside_of_the_wrapper(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, state: str) -> None:
    """The wrapper of a defence is the same in each process."""
    install_file(monkeypatch, tmp_path / "source", "defences", "own", DEFENCES[state])
    config = {"model": MODEL | {"plugin": "dcnn"}, "defence": CONFIG["defence"] | {"plugin": "own"}}

    with pytest.raises(
        UserError, match=r"^defences: own: expected the same estimates from wrap\(\) in another process"
    ):
        run_stage(tmp_path, monkeypatch, starts=True, **config)


@pytest.mark.parametrize("mistake", REFUSED)
def test_refused(mistake: str, use: Callable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Training refuses a network that attacks and verdicts cannot use before its first epoch."""
    make, message = REFUSED[mistake]
    use(make)
    monkeypatch.setattr(preparation, "fit", lambda *_, **__: pytest.fail("trains"))

    with pytest.raises(UserError, match=f"^mine, none: models: mine: .*{message}"):
        preparation.train(CONFIG, DATA, None, tmp_path)


def test_the_check_leaves_no_trace() -> None:
    """The check of a network that changes its buffers restores them, in single precision."""
    model = Runs()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    contract.check(model, X[:4])

    for name, tensor in model.state_dict().items():
        torch.testing.assert_close(tensor, before[name], rtol=0, atol=0)


@pytest.mark.parametrize("mistake", ["tuple", "dictionary", "two columns", "one column", "integers", "no number"])
def test_refused_in_the_library(mistake: str) -> None:
    """The library refuses a network without positions, and names its class."""
    make, message = REFUSED[mistake]
    message = "expected finite estimates, found NaN or inf; correct" if mistake == "no number" else message
    for call, more in ((rl.attack, {"name": "apgd"}), (rl.examine, {})):
        with pytest.raises(rl.UserError, match=f"^Output: .*{message}"):
            call(make(), X[:4], Y[:4], eps=EPS, **more)


def test_output_of_training_mode(use: Callable, tmp_path: Path) -> None:
    """A network that returns more in training is refused with a sentence."""
    use(Auxiliary)

    with pytest.raises(UserError, match=r"^mine, none: expected estimates of shape \(8, 3\).* found tuple; let the"):
        preparation.train(CONFIG, DATA, None, tmp_path)


def test_a_last_batch_of_one_user(use: Callable, tmp_path: Path) -> None:
    """A network that cannot train on one user names the batch size to change; with another size it trains."""
    use(NormalisedFeatures)
    single = CONFIG | {"training": TRAINING | {"batch_size": 11}}

    with pytest.raises(
        UserError, match=r"one user \(Expected more than 1.*of 11 leave one of 12 .*training\.batch_size"
    ):
        preparation.train(single, DATA, None, tmp_path / "a")
    assert len(preparation.train(CONFIG, DATA, None, tmp_path / "b").history) == 1


def test_exit(use: Callable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A network that ends the program in training is found by its file."""
    use(Quits)
    support = Path(__file__).parent.parent / "support"
    monkeypatch.setattr(plugins, "FOLDERS", {support})

    with pytest.raises(SystemExit) as stopped:
        preparation.train(CONFIG, DATA, None, tmp_path)

    assert plugins.raised_in(stopped.value) == support / "faulty_models.py"


class Standardises(Net):
    def remember(self, x: Tensor, y: Tensor) -> None:
        """Work in place on the training users."""
        x.sub_(1)
        y.zero_()


def test_users_of_remember(use: Callable, tmp_path: Path) -> None:
    """What `remember` does to its arguments changes no user."""
    use(Standardises)
    data = Data(*(part.clone() for part in vars(DATA).values()))
    preparation.train(CONFIG, data, None, tmp_path)

    assert all(torch.equal(part, vars(DATA)[name]) for name, part in vars(data).items())
