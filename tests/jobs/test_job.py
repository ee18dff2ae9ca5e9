"""The harness runs a stage as one job: outputs are whole or missing, errors are clear, unfinished work is resumed."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from made_up_plugins import fails
from made_up_stage import run_stage

from robustloc.base.errors import UserError
from robustloc.base.files import Files
from robustloc.jobs.atomic import replacing


def test_outputs_appear_whole_or_not_at_all(tmp_path: Path) -> None:
    """While a file is written, the old file remains. If writing fails, only the old file is left."""
    path = tmp_path / "file"
    path.write_text("old")
    with replacing(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"

    def fail() -> None:
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_stage(tmp_path: Path) -> None:
    """A stage gets its configuration and inputs, and writes to temporary paths that become its outputs."""
    (tmp_path / "in").write_text("input")

    def stage(config: dict, inputs: Files, outputs: Files) -> None:
        assert config == {"a": 1}
        assert inputs.one("data").read_text() == "input"
        outputs.one("result").write_text("result")
        assert not (tmp_path / "out").exists()

    run_stage(stage, {"data": tmp_path / "in"}, {"result": tmp_path / "out"})

    assert (tmp_path / "out").read_text() == "result"


def test_failing_stage(tmp_path: Path) -> None:
    """A user error ends with its message only and leaves no output."""
    (tmp_path / "in").touch()

    def stage(config: dict, inputs: Files, outputs: Files) -> None:
        outputs.one("result").write_text("half")
        raise UserError("expected this, found that; change the key")

    with pytest.raises(SystemExit) as stopped:
        run_stage(stage, {"data": tmp_path / "in"}, {"result": tmp_path / "out"})

    assert stopped.value.code == "error: expected this, found that; change the key"
    assert [file.name for file in tmp_path.iterdir()] == ["in"]


def test_exit_in_a_plugin(tmp_path: Path) -> None:
    """A plugin that ends the program, even with status 0, fails its job, and the message names the plugin."""
    (tmp_path / "in").touch()
    file, forward = fails()
    files = {"data": tmp_path / "in"}, {"result": tmp_path / "out"}

    with pytest.raises(SystemExit) as stopped:
        run_stage(lambda *_: forward(), *files)
    assert stopped.value.code == f"error: {file}: called exit(0), which ends the job; raise a ValueError instead"

    class Killed(SystemExit):
        """Ends a job from outside, as Lightning does after SIGTERM."""

    def killed(status: int) -> None:
        raise Killed(15)

    forward.__globals__["sys"] = SimpleNamespace(exit=killed)
    with pytest.raises(Killed):
        run_stage(lambda *_: forward(), *files)


@pytest.mark.parametrize("statement", ["raise RuntimeError('no shape')", "[][1]", "raise ValueError('no shape')"])
def test_error_in_a_plugin(tmp_path: Path, capsys: pytest.CaptureFixture, statement: str) -> None:
    """Any error of a plugin ends its job with the plugin's name, below the traceback."""
    (tmp_path / "in").touch()
    file, forward = fails(statement)

    with pytest.raises(SystemExit) as stopped:
        run_stage(lambda *_: forward(), {"data": tmp_path / "in"}, {"result": tmp_path / "out"})
    assert str(stopped.value.code).startswith(f"error: {file}: raised ")
    assert str(stopped.value.code).endswith("Error('no shape'); the lines above show where") or "[]" in statement
    assert f'File "{file}", line 3' in capsys.readouterr().err


def attempt(folder: Path, *, fails: bool, config: str = '{"a": 1}') -> str:
    """Try a stage that resumes; return the state that it found."""
    (folder / "in").write_text("input")
    found = []

    def stage(config: dict, inputs: Files, outputs: Files, scratch: Path) -> None:
        state = scratch / "state"
        found.append(state.read_text() if state.exists() else "none")
        state.write_text("half")
        if fails:
            raise ZeroDivisionError
        outputs.one("result").write_text("result")

    try:
        run_stage(stage, {"data": folder / "in"}, {"result": folder / "out"}, config, RESUMES=True)
    except ZeroDivisionError:
        assert fails
    return found[0]


def test_resumed_stage(tmp_path: Path) -> None:
    """A failed job leaves its state for the next attempt; a finished job leaves none."""
    assert attempt(tmp_path, fails=True) == "none"
    assert attempt(tmp_path, fails=False) == "half"
    assert {file.name for file in tmp_path.iterdir()} == {"in", "out", ".out.job.json"}
    assert attempt(tmp_path, fails=False) == "none"


def test_state_of_another_configuration(tmp_path: Path) -> None:
    """With another configuration a job starts from scratch, and the old state is removed."""
    attempt(tmp_path, fails=True)

    assert attempt(tmp_path, fails=True, config='{"a": 2}') == "none"
    assert len(list(tmp_path.glob(".made_up-*"))) == 1
    assert attempt(tmp_path, fails=False) == "none"
