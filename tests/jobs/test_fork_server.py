"""A job in a fork of the server differs from a job in its own process only in run time."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from waiting import LIMIT_S, until, until_ended
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
# starts a process that never ends, prints its number, and then never ends itself
ENDLESS = """
import signal, subprocess
print(subprocess.Popen(["sleep", "infinity"]).pid, flush=True)
signal.pause()
"""
# opens two named pipes, writes to the one with its own name: each open waits until another job opens the other end
MEET = """
import os, sys
own, other = sys.argv[1:3]
first, second = sorted([(own, os.O_WRONLY), (other, os.O_RDONLY)])
os.open(*first), os.open(*second)
"""
SHARED = ("colorsys", "wave")  # modules that a Python interpreter does not import by itself
CLIENT = "import sys; from robustloc.jobs import fork_server; sys.exit(fork_server.ask(sys.argv[1], sys.argv[1:]))"
# starts the server, and ends when its own input ends
PARENT = """
import os, subprocess, sys
subprocess.Popen([sys.executable, *(str(os.getpid()) if one == "PARENT" else one for one in sys.argv[1:])])
sys.stdin.read()
"""


@contextlib.contextmanager
def serving(folder: Path, modules: tuple[str, ...] = ()) -> Iterator[subprocess.Popen]:
    """Start a server with its socket in a folder, as the child of a process; yield that process."""
    folder.mkdir()
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{folder.parent}", "OMP_NUM_THREADS": "1"}
    environment |= {"SERVER_ONLY": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    server = ["-m", "robustloc.jobs.fork_server", str(folder / "socket"), "PARENT", *modules]
    command = [sys.executable, "-c", PARENT, *server]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE) as parent:
        until((folder / "socket").exists)
        yield parent
    until(lambda: not folder.exists())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The socket of a server that can import some modules beside the socket's folder."""
    folder = tmp_path_factory.mktemp("forks")
    for name, text in {"echo": ECHO, "modules": MODULES, "endless": ENDLESS, "meet": MEET}.items():
        (folder / f"job_{name}.py").write_text(text)
    with serving(folder / "socket", SHARED):
        yield folder / "socket" / "socket"


@pytest.fixture
def client(server: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., subprocess.Popen]:
    """Start a program that asks the server to run a module."""
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
def test_no_server(server: Path, monkeypatch: pytest.MonkeyPatch, prefix: str, threads: str, listens: bool) -> None:
    """A job runs in its own process unless a server of its interpreter listens and the job has one thread."""
    address = server if listens else server.with_name("gone")
    monkeypatch.setenv(fork_server.VARIABLE, f"{sys.prefix}|{address}" if prefix == "same" else f"{prefix}{address}")
    monkeypatch.setenv("OMP_NUM_THREADS", threads)

    assert fork_server.ask("job_echo", ["job_echo"]) is None
    monkeypatch.delenv(fork_server.VARIABLE)
    assert fork_server.ask("job_echo", ["job_echo"]) is None


def test_fork_is_the_client(client: Callable[..., subprocess.Popen], tmp_path: Path) -> None:
    """A fork has the client's input, outputs, folder, arguments and environment, and no state of the server."""
    arguments = ["a b", "ü", *["x" * 100_000] * 3]  # more bytes than a socket can buffer
    with client("job_echo", *arguments, cwd=tmp_path, env=os.environ | {"PLACE": "here"}) as process:
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
    """The client ends with the status and message of its fork, and with a shell's status after a signal."""
    server.parent.with_name("job_end.py").write_text(f"import os, sys\n{statement}\n")  # each fork reads it from disk

    with client("job_end") as process:
        errors = process.communicate()[1]

    assert process.returncode == status
    assert errors.endswith(message) if message else not errors
    assert ("Traceback" in errors) == ("raise" in statement)


def test_unknown_module(client: Callable[..., subprocess.Popen]) -> None:
    """A missing module is an error of the fork, and the server continues."""
    with client("job_missing") as process:
        errors = process.communicate()[1]

    assert process.returncode == 1
    assert "No module named job_missing" in errors
    with client("job_echo") as process:
        assert process.communicate("")[1] == "complaint\n"


def test_loaded_modules(client: Callable[..., subprocess.Popen]) -> None:
    """A fork starts with the modules that the server imports, and with no module of this package."""
    with client("job_modules") as process:
        loaded = set(json.loads(process.communicate()[0]))

    assert loaded >= set(SHARED)
    assert {name for name in loaded if name.partition(".")[0] == "robustloc"} == {"robustloc", "robustloc.jobs"}


def test_killed_client(client: Callable[..., subprocess.Popen]) -> None:
    """The server kills the fork of a killed client, and the processes that the fork has started."""
    with client("job_endless") as process:
        child = int(process.stdout.readline())
        process.kill()
        until_ended(child)


def test_several_at_once(client: Callable[..., subprocess.Popen], tmp_path: Path) -> None:
    """Forks run in parallel: four jobs that each wait for two others all end."""
    names = [str(tmp_path / name) for name in "abcd"]
    for name in names:
        os.mkfifo(name)
    with contextlib.ExitStack() as stack:
        pairs = zip(names, names[1:] + names[:1], strict=True)
        started = [stack.enter_context(client("job_meet", *pair)) for pair in pairs]

        assert [one.wait(LIMIT_S) for one in started] == [0] * 4


def test_ends_with_its_parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the process that started the server is killed, the server kills its forks and removes its folder."""
    (tmp_path / "job_endless.py").write_text(ENDLESS)
    folder = tmp_path / "socket"
    monkeypatch.setenv(fork_server.VARIABLE, f"{sys.prefix}|{folder / 'socket'}")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    command = [sys.executable, "-c", CLIENT, "job_endless"]
    with serving(folder) as parent:
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            child = int(process.stdout.readline())
            parent.kill()

        assert process.returncode == fork_server.KILLED
        until_ended(child)


@pytest.mark.parametrize("reads", [True, False])
def test_killed_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reads: bool) -> None:
    """If the server ends after it has accepted a job, the job counts as killed."""
    monkeypatch.setenv(fork_server.VARIABLE, f"{sys.prefix}|{tmp_path / 'socket'}")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        listener.listen()

        def hang_up() -> None:
            with listener.accept()[0] as connection:
                connection.sendall(fork_server.ACCEPTED)
                if reads:
                    connection.recv(1_000_000)

        with ThreadPoolExecutor(1) as pool:
            hung_up = pool.submit(hang_up)

            assert fork_server.ask("job_echo", ["job_echo", "x" * 500_000]) == 128 + signal.SIGKILL

            hung_up.result()


@pytest.mark.parametrize("imports", [True, False])
def test_asked_during_imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, imports: bool) -> None:
    """A job waits while the server imports; if an import fails, the job runs in its own process."""
    os.mkfifo(tmp_path / "begun")
    text = f"open({str(tmp_path / 'begun')!r}).read()\n" + ("" if imports else "raise ImportError\n")
    (tmp_path / "slow.py").write_text(text)
    (tmp_path / "job_end.py").write_text("import sys\nsys.exit(3)\n")
    monkeypatch.setenv(fork_server.VARIABLE, f"{sys.prefix}|{tmp_path / 'socket/socket'}")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    with serving(tmp_path / "socket", ("slow",)), ThreadPoolExecutor(1) as pool:
        answer = pool.submit(fork_server.ask, "job_end", ["job_end"])
        (tmp_path / "begun").write_text("")  # opens when the server reads

        assert answer.result() == (3 if imports else None)
