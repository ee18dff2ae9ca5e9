"""A process that has imported torch and runs each job in a fork of itself, so that short jobs do not import it again.

`python -m robustloc.jobs.fork_server ADDRESS PARENT MODULE…` listens on the socket ADDRESS and imports the given
modules. It imports no module of a stage: each fork reads the code from disk, so a job in a fork computes the same bytes
as a job in a process of its own. Jobs wait while the server imports, since their own imports would take longer beside
it. Without a server they run in processes of their own. The server ends with the process PARENT, which started it, and
kills the jobs that still run.
"""

import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
import traceback
from dataclasses import dataclass
from typing import NoReturn

# its value is PREFIX|ADDRESS: the server's interpreter and its socket
VARIABLE = "ROBUSTLOC_FORK_SERVER"
LENGTH_BYTES = 8
ACCEPTED = b"+"  # the server's first answer: it will run the job
KILLED = 128 + signal.SIGKILL  # a shell's exit status of a killed process


def ask(module: str, argv: list[str]) -> int | None:
    """Run a module as a program in a fork of the server, with the streams, folder and environment of this process.

    Args:
        module: full name of the module.
        argv: its command line, the program's name first.

    Returns:
        The exit status of the fork. None if this process has to run the module: no server of the same interpreter
        listens, or the job has another number of threads than the server, whose libraries read it when imported.
    """
    prefix, _, address = os.environ.get(VARIABLE, "").rpartition("|")
    if prefix != sys.prefix or os.environ.get("OMP_NUM_THREADS") != "1":
        return None
    request = {"module": module, "argv": argv, "folder": os.getcwd(), "environment": dict(os.environ)}
    text = json.dumps(request).encode()
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(address)
            accepted = connection.recv(len(ACCEPTED))
        except OSError:  # the server has not started yet, or has ended
            return None
        if not accepted:  # the server has ended while it imported
            return None
        try:
            socket.send_fds(connection, [len(text).to_bytes(LENGTH_BYTES)], [0, 1, 2])
            connection.sendall(text)
            answer = connection.recv(16)
        except ConnectionError:  # the server was killed
            return KILLED
    return int(answer) if answer else KILLED


def serve(address: str, parent: int, modules: list[str]) -> None:
    """Import modules, then run jobs until the process `parent` ends; remove the socket and its folder.

    Raises:
        OSError: the kernel has no process descriptors, or `parent` has ended.
        ImportError: there is no such module.
    """
    try:
        parent_ended = os.pidfd_open(parent)  # first, since jobs can connect once the socket exists
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(address)
            listener.listen(64)
            for name in modules:
                importlib.import_module(name)
            gc.freeze()  # a garbage collection in a fork would copy the memory that it shares with the server
            _serve(listener, parent_ended)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(address)
        os.rmdir(os.path.dirname(address))


@dataclass(frozen=True)
class _Job:
    """A fork that runs a job."""

    process: int
    ended: int  # process descriptor, which is readable when the process has ended
    client: socket.socket

    def kill(self) -> None:
        """Kill the fork and all processes that it has started."""
        os.killpg(self.process, signal.SIGKILL)

    def answer(self) -> None:
        """Send the client the exit status of the fork, which has ended."""
        code = os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])
        os.close(self.ended)
        with self.client, contextlib.suppress(OSError):  # the client may have ended
            self.client.sendall(str(code if code >= 0 else 128 - code).encode())  # a shell's status after a signal


def _serve(listener: socket.socket, parent_ended: int) -> None:
    """Start a job for each client, answer when it ends, and kill it if its client ends first."""
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    poll.register(parent_ended, select.POLLIN)
    jobs: list[_Job] = []
    while parent_ended not in (ready := {descriptor for descriptor, _ in poll.poll()}):
        for job in list(jobs):
            if job.ended in ready:
                jobs.remove(job)
                poll.unregister(job.ended)
                with contextlib.suppress(KeyError):  # its client has ended
                    poll.unregister(job.client)
                job.answer()
            elif job.client.fileno() in ready:
                poll.unregister(job.client)
                job.kill()
        if listener.fileno() in ready:
            jobs.append(job := _start(listener))
            poll.register(job.ended, select.POLLIN)
            poll.register(job.client, select.POLLRDHUP)
    for job in jobs:
        job.kill()


def _start(listener: socket.socket) -> _Job:
    """Accept a client and start a fork for it, as the leader of a process group."""
    client, _ = listener.accept()
    with contextlib.suppress(OSError):  # the client may have ended
        client.sendall(ACCEPTED)
    process = os.fork()
    if process == 0:
        os.setpgid(0, 0)  # before the job starts processes of its own
        listener.close()
        _run(client)
    os.setpgid(process, process)  # before the server kills the group; whichever of the two comes first
    return _Job(process, os.pidfd_open(process), client)


def _run(client: socket.socket) -> NoReturn:
    """Run the client's module in this fork, with the client's streams, folder and environment."""
    status = 1
    try:
        start, streams, _, _ = socket.recv_fds(client, LENGTH_BYTES, 3)
        request = json.loads(client.recv(int.from_bytes(start), socket.MSG_WAITALL))
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
        os.chdir(request["folder"])
        os.environ.clear()
        os.environ.update(request["environment"])
        sys.argv = request["argv"]
        runpy.run_module(request["module"], run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
        if isinstance(stop.code, str):
            print(stop.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(status)


if __name__ == "__main__":
    with contextlib.suppress(OSError, ImportError):  # without a server each job runs in a process of its own
        serve(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
