"""A warm process that jobs are copied from, so that hundreds of short ones do not each import torch.

`python -m robustloc.jobs.fork_server ADDRESS PARENT MODULE…` imports what many stages share, and no room of this
package: a job's copy reads the code as it is on disk by then, and leaves the same bytes as a job done by itself. Until
it is ready, jobs run by themselves. It ends with the process that started it, whose number is PARENT, and takes its
copies along.
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
from typing import NoReturn

# names the interpreter and the socket, in that order
VARIABLE = "ROBUSTLOC_WARM"
LENGTH_BYTES = 8


def ask(module: str, argv: list[str]) -> int | None:
    """Let a copy of the warm process run a module as a program, with this process's streams, folder and environment.

    Returns:
        Its exit status; None if there is no warm process of this interpreter, or the job has other threads than one.
    """
    prefix, _, address = os.environ.get(VARIABLE, "").rpartition("|")
    if prefix != sys.prefix or os.environ.get("OMP_NUM_THREADS") != "1":
        return None
    request = {"module": module, "argv": argv, "folder": os.getcwd(), "environment": dict(os.environ)}
    text = json.dumps(request).encode()
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(address)
        except OSError:  # it has gone
            return None
        try:
            socket.send_fds(connection, [len(text).to_bytes(LENGTH_BYTES)], [0, 1, 2])
            connection.sendall(text)
            answer = connection.recv(16)
        except ConnectionError:  # it was killed, as when it answers nothing
            answer = b""
    return int(answer) if answer else 128 + signal.SIGKILL


def serve(address: str, parent: int, modules: list[str]) -> None:
    """Import modules, then serve until the process `parent` has ended."""
    try:
        ended = os.pidfd_open(parent)  # an OSError before anyone can connect, where the kernel has no such thing
        with socket.socket(socket.AF_UNIX) as listener:
            for name in modules:
                importlib.import_module(name)
            listener.bind(address)
            listener.listen(64)
            gc.freeze()  # collecting garbage would copy the memory that the copies share
            _serve(listener, ended)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(address)
        os.rmdir(os.path.dirname(address))


def _serve(listener: socket.socket, parent_ended: int) -> None:
    """Make a copy for each client, tell it how the copy ended, and end the copies of clients that have gone."""
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    poll.register(parent_ended, select.POLLIN)
    copies: dict[int, tuple[int, socket.socket]] = {}  # by process descriptor: process, its client
    clients: dict[int, int] = {}  # by the client's descriptor: process
    alive = True
    while alive:
        for descriptor, _ in poll.poll():
            if descriptor == parent_ended:
                alive = False
            elif descriptor == listener.fileno():
                client, _ = listener.accept()
                process = os.fork()
                if process == 0:
                    listener.close()
                    _become(client)
                os.setpgid(process, process)  # so that it ends with all that it starts
                ended = os.pidfd_open(process)
                copies[ended], clients[client.fileno()] = (process, client), process
                poll.register(ended, select.POLLIN)
                poll.register(client, select.POLLRDHUP)
            elif descriptor in clients:
                os.killpg(clients.pop(descriptor), signal.SIGKILL)
                poll.unregister(descriptor)
            elif descriptor in copies:
                process, client = copies.pop(descriptor)
                poll.unregister(descriptor)
                os.close(descriptor)
                if clients.pop(client.fileno(), None):
                    poll.unregister(client)
                _answer(process, client)
    for process in clients.values():
        os.killpg(process, signal.SIGKILL)


def _answer(process: int, client: socket.socket) -> None:
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    with client, contextlib.suppress(OSError):  # it may have gone
        client.sendall(str(code if code >= 0 else 128 - code).encode())  # as a shell tells of signals


def _become(client: socket.socket) -> NoReturn:
    """Take over a client's streams, folder and environment, and run its module; in the copy."""
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
    with contextlib.suppress(OSError, ImportError):  # jobs run by themselves then
        serve(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
