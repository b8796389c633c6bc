"""`asr` for tests that run many of its commands: each in a process forked from one that has loaded TensorFlow already.

Loading takes six seconds of processor time, which a recipe's or a page's commands would spend again and again. The
script `asr` that `write_client` leaves in a folder for PATH hands its arguments, folder, environment and open files to
`python -m tests.command_server SOCKET`, and exits with the status of the command. TensorFlow starts no thread before
its first operation, so a fork of a process that has only imported it is whole. What is read from the environment at
import (KERAS_BACKEND, numbers of threads) is the server's.
"""

import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CLIENT = """\
#!{python} -IS
import json, os, socket, sys
server = socket.socket(socket.AF_UNIX)
server.connect({socket!r})
socket.send_fds(server, [b"."], [0, 1, 2])
server.sendall(json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode())
server.shutdown(socket.SHUT_WR)
sys.exit(server.recv(1)[0])
"""
PYTHON = """\
#!/bin/sh
exec "{python}" "$@"
"""


@contextmanager
def commands(folder: Path) -> Iterator[Path]:
    """Serve as long as the context lasts; yield a folder for PATH with `asr` and `python`."""
    address, programs = folder / "socket", folder / "bin"
    programs.mkdir()
    write_program(programs / "asr", CLIENT.format(python=sys.executable, socket=str(address)))
    write_program(programs / "python", PYTHON.format(python=sys.executable))
    command = [sys.executable, "-m", __spec__.name, address]
    # It ends when its stdin is closed, at the latest when this process ends.
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        server.stdout.read(1)  # it listens
        yield programs


def write_program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def serve(address: str) -> None:
    """Run each command that comes, all at once if they come so, until stdin is closed."""
    import asr.run
    import asr.training.train  # noqa: F401  loads TensorFlow

    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen()
    gc.freeze()  # a collection in a fork would copy all that is loaded
    os.write(1, b".")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who answer
    while listener in select.select([listener, sys.stdin], [], [])[0]:
        client, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            answer(client)
        client.close()


def answer(client: socket.socket) -> None:
    """Run a client's command in a process of its own, tell the client how it ended, and exit."""
    _, files, _, _ = socket.recv_fds(client, 1, 3)
    with client.makefile("rb") as request:
        arguments, folder, environment = json.load(request)
    child = os.fork()
    if child == 0:
        client.close()
        status = run(arguments, folder, environment, files)
        sys.stdout.flush()
        os._exit(status)  # to take down all that is loaded would cost two seconds
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    client.sendall(bytes([status % 256]))
    os._exit(0)


def run(arguments: list[str], folder: str, environment: dict[str, str], files: list[int]) -> int:
    """Run a command of `asr` in a client's folder, with its environment and open files; return the status."""
    from asr.cli import main

    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["asr", *arguments]
    try:
        return main(arguments)
    except SystemExit as stop:  # help, version, wrong options
        return int(stop.code or 0)


if __name__ == "__main__":
    serve(sys.argv[1])
