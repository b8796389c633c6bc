"""Find when each word of known transcripts was said.

    asr align runs/an4 work/an4/test.jsonl --format ctm --output test.ctm
    asr align runs/an4 work/an4/test.jsonl --format textgrid --output grids

CTM is one file with a line a word: utterance, channel, start, duration, word, how sure the model was of it.
TextGrids (Praat) are a folder with a file an utterance, with tiers of words and of the model's labels. Times are in
seconds from the start of the sound file. Utterances that cannot be read, or whose text the model cannot spell or does
not fit into the recording, are named on stderr and left out (exit status 1).
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from asr.cli import DONE, SOME_FAILED
from asr.cli.console import load_backend, progress_bar, stderr_console
from asr.cli.model_options import model_argument
from asr.wording import counted

if TYPE_CHECKING:
    from asr.manifest import Utterance
    from asr.run import Run
    from asr.transcribe.alignment import AlignedUtterance


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``asr align``."""
    parser.add_argument("model", metavar="RUN", type=model_argument, help="run folder, or a packaged model")
    parser.add_argument("manifest", metavar="MANIFEST", type=Path, help="sound files and what is said in them")
    parser.add_argument("--format", choices=("ctm", "textgrid"), required=True, help="what to write")
    parser.add_argument(
        "--output", metavar="O", required=True, type=Path, help="file of CTM lines, or folder for TextGrids"
    )


def run(args: argparse.Namespace) -> int:
    """Align, write, and name what failed."""
    from asr.manifest import read_manifest

    utterances = read_manifest(args.manifest)
    _check(args, utterances)
    load_backend(args)
    from asr.files import write_atomically
    from asr.run import load
    from asr.transcribe.alignment import as_ctm, as_textgrid, textgrid_path

    console = stderr_console(args)
    num_aligned, lines = 0, []
    for aligned in _aligned(load(args.model), utterances, args):
        num_aligned += 1
        if args.format == "ctm":
            lines.append(as_ctm(aligned))
        else:
            write_atomically(textgrid_path(args.output, aligned.utterance.id), as_textgrid(aligned).encode())
    if args.format == "ctm":
        write_atomically(args.output, "".join(lines).encode())
    num_failed = len(utterances) - num_aligned
    console.print(f"{args.output}: {counted(num_aligned, 'utterance')}, {num_failed} failed")
    return SOME_FAILED if num_failed else DONE


def _check(args: argparse.Namespace, utterances: "Sequence[Utterance]") -> None:
    """Check before any work that all results can be named and written."""
    from asr.cli.outputs import check_outputs
    from asr.errors import OutputError
    from asr.transcribe.alignment import textgrid_path
    from asr.transcribe.ctm import ctm_lines

    if args.format == "ctm":
        for utterance in utterances:
            ctm_lines(utterance.id, ())
        check_outputs([args.manifest], [args.output])
        return
    if args.output.exists() and not args.output.is_dir():
        raise OutputError(f"{args.output}: a file: name a folder for the TextGrids")
    check_outputs([args.manifest], [textgrid_path(args.output, utterance.id) for utterance in utterances])


def _aligned(model: "Run", utterances: "Sequence[Utterance]", args: argparse.Namespace) -> "Iterator[AlignedUtterance]":
    """Yield what could be aligned; name the others on stderr."""
    from asr.errors import AsrError
    from asr.transcribe.alignment import align_utterances

    with progress_bar(stderr_console(args)) as progress:
        task = progress.add_task("align", total=len(utterances))
        for utterance, aligned in align_utterances(model, utterances):
            progress.advance(task)
            if isinstance(aligned, AsrError):
                print(f"asr: {utterance.id}: {aligned}", file=sys.stderr)
            else:
                yield aligned
