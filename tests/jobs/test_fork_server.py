"""Jobs that a fork server runs differ from jobs that run by themselves in nothing but the time that they take."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from workflow_project import ROOT

from robustloc.jobs import fork_server

ECHO = """
import json, os, sys
seen = [sys.argv[1:], os.getcwd(), os.environ.get("PLACE"), os.environ.get("SERVER_ONLY"), __name__]
print(json.dumps([*seen, sys.stdin.read()]))
print("complaint", file=sys.stderr)
"""
MODULES = """
import json, sys
print(json.dumps(sorted(sys.modules)))
"""
SLEEP = """
import subprocess, sys, time
child = subprocess.Popen(["sleep", "60"])
open(sys.argv[1], "w").write(str(child.pid))
time.sleep(60)
"""
MEET = """
import pathlib, sys, time
pathlib.Path(sys.argv[1]).touch()
while not pathlib.Path(sys.argv[2]).exists():
    time.sleep(0.01)
"""
SHARED = ("torch", "pyarrow.parquet")
PATIENCE_S = 300
# a client as `python -m robustloc.jobs` is one, which ends as its fork does
CLIENT = "import sys; from robustloc.jobs import fork_server; sys.exit(fork_server.ask(sys.argv[1], sys.argv[1:]))"
# a parent that starts the warm process and ends when its own input does
PARENT = """
import os, subprocess, sys
subprocess.Popen([sys.executable, *(str(os.getpid()) if one == "PARENT" else one for one in sys.argv[1:])])
sys.stdin.read()
"""


@contextlib.contextmanager
def serving(folder: Path, *command: str, modules: tuple[str, ...] = ()) -> Iterator[subprocess.Popen]:
    """Start a warm process whose socket lies in a folder, and a parent of it; give the parent."""
    folder.mkdir()
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{folder.parent}", "OMP_NUM_THREADS": "1"}
    environment |= {"SERVER_ONLY": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, *command, str(folder / "socket"), "PARENT", *modules],
        env=environment,
        stdin=subprocess.PIPE,
    )
    with parent:
        until((folder / "socket").exists)
        yield parent
    until(lambda: not folder.exists())


def until(reached: Callable[[], bool]) -> None:
    """Wait for something; for so long that only a process that hangs fails, however busy the machine is."""
    end = time.monotonic() + PATIENCE_S
    while not reached():
        assert time.monotonic() < end, f"waited for {PATIENCE_S} s"
        time.sleep(0.01)


def is_running(process: int) -> bool:
    """Tell whether a process, of whatever parent, has not ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The address of a warm process, beside whose folder lie modules for it to run."""
    folder = tmp_path_factory.mktemp("warm")
    for name, text in {"echo": ECHO, "modules": MODULES, "sleep": SLEEP, "meet": MEET}.items():
        (folder / f"warm_{name}.py").write_text(text)
    with serving(folder / "socket", "-m", "robustloc.jobs.fork_server", modules=SHARED):
        yield folder / "socket" / "socket"


@pytest.fixture
def client(server: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., subprocess.Popen]:
    """Start a program that has the warm process run a module."""
    monkeypatch.setenv(fork_server.VARIABLE, f"{sys.prefix}|{server}")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))

    def start(module: str, *arguments: str, **settings: object) -> subprocess.Popen:
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        return subprocess.Popen([sys.executable, "-c", CLIENT, module, *arguments], text=True, **pipes, **settings)

    return start


@pytest.mark.parametrize(
    ("prefix", "threads", "listens"),
    [
        ("", "1", True),
        ("/another/environment|", "1", True),
        ("same", "2", True),
        ("same", "", True),
        ("same", "1", False),
    ],
)
def test_nobody_to_ask(server: Path, monkeypatch: pytest.MonkeyPatch, prefix: str, threads: str, listens: bool) -> None:
    """Unless a warm process of the same interpreter listens and the job has one thread, the job runs by itself."""
    address = server if listens else server.with_name("gone")
    monkeypatch.setenv(fork_server.VARIABLE, f"{sys.prefix}|{address}" if prefix == "same" else f"{prefix}{address}")
    monkeypatch.setenv("OMP_NUM_THREADS", threads)

    assert fork_server.ask("warm_echo", ["warm_echo"]) is None
    monkeypatch.delenv(fork_server.VARIABLE)
    assert fork_server.ask("warm_echo", ["warm_echo"]) is None


def test_copy_is_the_client(client: Callable[..., subprocess.Popen], tmp_path: Path) -> None:
    """A copy has the client's input, outputs, folder, arguments and environment, and nothing of the warm process's."""
    arguments = ["a b", "ü", *["x" * 100_000] * 3]  # more than a socket holds
    with client("warm_echo", *arguments, cwd=tmp_path, env=os.environ | {"PLACE": "here"}) as process:
        output, errors = process.communicate("typed\n")

    assert process.returncode == 0, errors
    assert json.loads(output) == [arguments, str(tmp_path), "here", None, "__main__", "typed\n"]
    assert errors == "complaint\n"


@pytest.mark.parametrize(
    ("statement", "status", "message"),
    [
        ("pass", 0, ""),
        ("sys.exit()", 0, ""),
        ("sys.exit(3)", 3, ""),
        ("sys.exit(False)", 0, ""),
        ("sys.exit('error: too few users')", 1, "error: too few users\n"),
        ("raise KeyError('users')", 1, "KeyError: 'users'\n"),
        ("os.kill(os.getpid(), 15)", 128 + 15, ""),
        ("os.kill(os.getpid(), 9)", 128 + 9, ""),
    ],
)
def test_ends(client: Callable[..., subprocess.Popen], server: Path, statement: str, status: int, message: str) -> None:
    """The client ends as its copy did: with its status and message, or as a shell tells of a signal."""
    server.parent.with_name("warm_end.py").write_text(f"import os, sys\n{statement}\n")  # read anew by each copy

    with client("warm_end") as process:
        errors = process.communicate()[1]

    assert process.returncode == status
    assert errors.endswith(message) if message else not errors
    assert ("Traceback" in errors) == ("raise" in statement)


def test_unknown_module(client: Callable[..., subprocess.Popen]) -> None:
    """A module that is not there is the copy's error, and the warm process goes on."""
    with client("warm_missing") as process:
        errors = process.communicate()[1]

    assert process.returncode == 1
    assert "No module named warm_missing" in errors
    with client("warm_echo") as process:
        assert process.communicate("")[1] == "complaint\n"


def test_what_is_loaded(client: Callable[..., subprocess.Popen]) -> None:
    """A fork begins with the heavy modules, and with no code of a job: it reads this as it is by then."""
    with client("warm_modules") as process:
        loaded = set(json.loads(process.communicate()[0]))

    assert loaded >= set(SHARED)
    assert "pytorch_lightning" not in loaded
    assert {name for name in loaded if name.partition(".")[0] == "robustloc"} == {"robustloc", "robustloc.jobs"}


def test_killed_client(client: Callable[..., subprocess.Popen], tmp_path: Path) -> None:
    """A client that is killed takes its copy along, and what the copy has started."""
    told = tmp_path / "child"
    with client("warm_sleep", str(told)) as process:
        until(lambda: told.exists() and bool(told.read_text()))
        child = int(told.read_text())
        assert is_running(child)
        process.send_signal(signal.SIGKILL)
        until(lambda: not is_running(child))


def test_several_at_once(client: Callable[..., subprocess.Popen], tmp_path: Path) -> None:
    """Copies run beside each other: four that each wait for the next one all end."""
    names = [str(tmp_path / name) for name in "abcd"]
    with contextlib.ExitStack() as stack:
        pairs = zip(names, names[1:] + names[:1], strict=True)
        started = [stack.enter_context(client("warm_meet", *pair)) for pair in pairs]

        until(lambda: all(one.poll() is not None for one in started))

    assert [one.returncode for one in started] == [0] * 4


def test_ends_with_its_parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the process that started it is killed, the warm process ends with its copies and removes its folder."""
    (tmp_path / "warm_sleep.py").write_text(SLEEP)
    folder, told = tmp_path / "socket", tmp_path / "child"
    light = "import sys; from robustloc.jobs import fork_server; fork_server.serve(sys.argv[1], int(sys.argv[2]), [])"
    monkeypatch.setenv(fork_server.VARIABLE, f"{sys.prefix}|{folder / 'socket'}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    with serving(folder, "-c", light) as parent:
        with subprocess.Popen([sys.executable, "-c", CLIENT, "warm_sleep", str(told)]) as process:
            until(lambda: told.exists() and bool(told.read_text()))
            parent.kill()

        assert process.returncode == 128 + signal.SIGKILL
        assert not is_running(int(told.read_text()))
        until(lambda: not folder.exists())


@pytest.mark.parametrize("reads", [True, False])
def test_killed_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reads: bool) -> None:
    """A warm process that is gone before it answers leaves a job that was killed, not one that is done."""
    monkeypatch.setenv(fork_server.VARIABLE, f"{sys.prefix}|{tmp_path / 'socket'}")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        listener.listen()

        def hang_up() -> None:
            with listener.accept()[0] as connection:
                if reads:
                    connection.recv(1_000_000)

        with ThreadPoolExecutor(1) as pool:
            hung_up = pool.submit(hang_up)

            assert fork_server.ask("warm_echo", ["warm_echo", "x" * 500_000]) == 128 + signal.SIGKILL

            hung_up.result()
