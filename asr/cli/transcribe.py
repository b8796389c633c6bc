"""Write down what is said in sound files.

    asr transcribe talk.flac -m runs/an4                       text on stdout
    asr transcribe *.mp3 -m runs/an4 -o transcripts -f txt,json

Any format that libsndfile reads, any rate; channels are mixed. One input without -o goes to stdout, as txt unless -f
says json. Otherwise each input gets a file of its name and the format's suffix, in the folder of -o or, without it, in
the current one, in all formats unless -f says which. Files that cannot be read are named on stderr and cost the others
nothing (exit status 1).
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from asr.cli import DONE, SOME_FAILED
from asr.cli.console import progress_bar, stderr_console
from asr.cli.model_options import add_runtime_arguments, load_model
from asr.cli.numbers import counted, positive
from asr.cli.search_options import add_search_arguments, search_for

if TYPE_CHECKING:
    from asr.transcribe.outputs import Job
    from asr.transcribe.transcriber import Transcriber


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``asr transcribe``; Whisper's spellings with underscores work too."""
    parser.add_argument("inputs", metavar="INPUT", nargs="+", type=Path, help="sound files")
    parser.add_argument("-m", "--model", metavar="RUN", type=Path, help="run folder of asr train")
    parser.add_argument("-o", "--output-dir", metavar="DIR", type=Path, help="folder for the transcripts")
    parser.add_argument(
        "-f", "--output-format", metavar="F", help="txt, json, several with commas between, or all (default: see above)"
    )
    add_search_arguments(parser)
    add_runtime_arguments(parser)
    existing = parser.add_mutually_exclusive_group()
    existing.add_argument("--overwrite", action="store_true", help="replace transcripts that are there")
    existing.add_argument("--resume", action="store_true", help="leave transcripts that are there, make the others")
    for option, kind in {"--output_dir": Path, "--output_format": str, "--beam_size": positive}.items():
        parser.add_argument(option, type=kind, default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Transcribe to stdout or into a folder."""
    from asr.errors import TranscriptionError
    from asr.transcribe.formats import parse_formats
    from asr.transcribe.outputs import plan_outputs, select_jobs

    if args.model is None:
        raise TranscriptionError("no model: name a run folder of asr train with -m; none comes with this release")
    if len(args.inputs) == 1 and args.output_dir is None:
        output_format, *others = parse_formats(args.output_format or "txt")
        if others:
            raise TranscriptionError("stdout takes one format: choose one (-f), or name a folder (-o)")
        return _to_stdout(args, output_format)
    formats = parse_formats(args.output_format or "all")
    jobs = plan_outputs(args.inputs, args.output_dir or Path(), formats)
    selected = select_jobs(jobs, overwrite=args.overwrite, resume=args.resume)
    console = stderr_console(args)
    if len(selected) < len(jobs):
        console.print(f"{len(jobs) - len(selected)} of {len(jobs)} inputs are transcribed already")
    return _to_files(args, selected) if selected else DONE


def _to_stdout(args: argparse.Namespace, output_format: str) -> int:
    from asr.errors import AudioError, UtteranceError
    from asr.transcribe.formats import FORMATS

    transcriber = _transcriber(args)
    try:
        transcript = transcriber(args.inputs[0])
    except (AudioError, UtteranceError) as error:
        _name_failure(args.inputs[0], error)
        return SOME_FAILED
    sys.stdout.write(FORMATS[output_format](transcript))
    return DONE


def _to_files(args: argparse.Namespace, jobs: "Sequence[Job]") -> int:
    from asr.errors import AsrError
    from asr.files import write_atomically
    from asr.transcribe.formats import FORMATS

    transcriber = _transcriber(args)
    console = stderr_console(args)
    num_failed = 0
    with progress_bar(console) as progress:
        task = progress.add_task("transcribe", total=len(jobs))
        for job, transcript in zip(jobs, transcriber.transcribe_all([job.audio for job in jobs]), strict=True):
            if isinstance(transcript, AsrError):
                num_failed += 1
                _name_failure(job.audio, transcript)
            else:
                for name, output in job.outputs.items():
                    write_atomically(output, FORMATS[name](transcript).encode())
            progress.advance(task)
    console.print(f"{counted(len(jobs) - num_failed, 'file')} transcribed, {num_failed} failed")
    return SOME_FAILED if num_failed else DONE


def _transcriber(args: argparse.Namespace) -> "Transcriber":
    from asr.transcribe.transcriber import Transcriber

    model = load_model(args, args.model)
    search = search_for(args, args.model, model.tokens, model.config.decode)
    return Transcriber(model, beam_size=None if search else 1, search=search)


def _name_failure(audio: Path, error: Exception) -> None:
    message = str(error)
    named = message if message.startswith(str(audio)) else f"{audio}: {message}"
    print(f"asr: {named}", file=sys.stderr)
