"""The ``asr`` command: one module a command, imported only when it is called, so that help comes at once.

A command module has a docstring (its help, first line and examples), ``add_arguments(parser)``, ``run(args) -> int``.
It reads arguments, calls one function of the library and prints; heavy imports stand inside ``run``.
"""

import argparse
import importlib
import itertools
import os
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from asr.errors import NO_SPACE, AsrError, ConfigError

COMMANDS = {
    "corpus": "download, unpack and check recordings",
    "prepare": "compute features once, into shards",
    "train": "train an acoustic model",
    "tune": "search the hyper-parameters of a training",
    "decode": "hypotheses for a data set",
    "transcribe": "text for audio files",
    "align": "times of known words",
    "score": "word error rate of hypotheses",
    "compare": "do recognisers differ by more than chance",
    "report": "how trainings went",
    "lm": "make, compile and measure language models",
    "export": "a trained model in ONNX's form, for use without Keras",
    "package": "a trained model as a small folder to install or pass on",
    "info": "versions, devices; facts of a run",
    "merge": "join the parts of --shard i/n runs",
}

_COMMON_OPTIONS = {"-v", "--verbose", "-q", "--quiet", "--debug"}  # as in `common_arguments`
DONE, SOME_FAILED, WRONG_USAGE, INTERRUPTED, PIPE_CLOSED = 0, 1, 2, 130, 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status (docs/reference.md lists them)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if sys.stdout is None:  # closed by the caller (`>&-`): the next file opened would get what is printed
        return _fail("stdout is closed: give it somewhere to go, as in > /dev/null", debug=False)
    debug = "--debug" in arguments
    try:
        return _run(arguments)
    except AsrError as error:
        return _fail(str(error), debug)
    except KeyboardInterrupt:
        print("asr: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has gone (`| head`)
        _forget_output()
        return PIPE_CLOSED
    except OSError as error:  # an output cannot be written: no such right, no space left, a file where a folder must be
        no_space = error.errno in NO_SPACE
        if error.filename is None and not no_space:
            raise
        if no_space:
            _forget_output()
        where = f"{error.filename}: " if error.filename else ""
        return _fail(f"{where}{error.strerror}: choose another place or make room", debug)


def _fail(message: str, debug: bool) -> int:
    """Print an error, in an ``except`` block, and return the exit status; ``debug`` only adds the traceback."""
    if debug:
        traceback.print_exc()
    print(f"asr: {message}", file=sys.stderr)
    return WRONG_USAGE


def _forget_output() -> None:
    """Let what stdout still holds go nowhere: Python would complain once more when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def naming_stdout() -> Iterator[None]:
    """Let an error of writing, which names no file, name stdout."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or "stdout"
        raise


def _run(arguments: list[str]) -> int:
    try:
        return _run_command(arguments)
    finally:
        with naming_stdout():
            sys.stdout.flush()  # here, where a reader that has gone is noticed; help and version leave by SystemExit


def _run_command(arguments: list[str]) -> int:
    if not arguments:
        _overview().print_help(sys.stderr)
        return WRONG_USAGE
    if arguments[0] not in COMMANDS:
        _check_order(arguments)
        _overview().parse_args(arguments)  # prints help or version, or exits with status 2
        return WRONG_USAGE
    name, *rest = arguments
    module = importlib.import_module(f"asr.cli.{name}")
    parser = argparse.ArgumentParser(
        prog=f"asr {name}",
        description=module.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    module.add_arguments(parser)
    common_arguments(parser)
    args = parser.parse_args(rest)
    args.command_line = ("asr", *arguments)  # reports tell how they were made
    signal.signal(signal.SIGTERM, _interrupt)
    return module.run(args)


def _check_order(arguments: list[str]) -> None:
    """Explain where options stand when some of every command's stand before its name."""
    before = list(itertools.takewhile(_COMMON_OPTIONS.__contains__, arguments))
    after = arguments[len(before) :]
    if before and after and after[0] in COMMANDS:
        raise ConfigError(f"{' '.join(before)}: options stand after the command: asr {after[0]} {' '.join(before)} ...")


def _overview() -> argparse.ArgumentParser:
    width = max(len(name) for name in COMMANDS)
    lines = [f"  {name.ljust(width)}  {text}" for name, text in COMMANDS.items()]
    parser = argparse.ArgumentParser(
        prog="asr",
        description="Speech recognition with Keras: from sound files to transcripts and word error rates.",
        epilog="commands:\n" + "\n".join(lines) + "\n\n`asr COMMAND --help` explains each, with an example.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=_version())
    parser.add_argument("command", metavar="COMMAND", choices=list(COMMANDS), help="one of those below")
    return parser


def common_arguments(parser: argparse.ArgumentParser, default: Any = False) -> None:
    """Declare the options of every command; an action within a command passes ``argparse.SUPPRESS`` as ``default``."""
    loudness = parser.add_mutually_exclusive_group()
    loudness.add_argument("-v", "--verbose", action="store_true", default=default, help="say more")
    loudness.add_argument("-q", "--quiet", action="store_true", default=default, help="only results and errors")
    parser.add_argument("--debug", action="store_true", default=default, help="show the traceback of an error")


def _version() -> str:
    from importlib.metadata import version

    return f"keras-asr {version('keras-asr')}"


def _interrupt(signum: int, frame: object) -> None:
    """Treat SIGTERM like Ctrl-C, so that temporary files are removed on the way out."""
    raise KeyboardInterrupt
