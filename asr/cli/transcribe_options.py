"""The options of ``asr transcribe``, and Whisper's spellings of them."""

import argparse
from pathlib import Path

from asr.cli.model_options import add_runtime_arguments, model_argument
from asr.cli.numbers import above_zero, part, positive
from asr.cli.search_options import add_search_arguments
from asr.errors import ConfigError, TranscriptionError
from asr.packaged import DEFAULT
from asr.raw_audio import parse_raw_format


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare all options."""
    parser.add_argument("inputs", metavar="INPUT", nargs="+", help="files, folders, globs, manifests, or -")
    parser.add_argument(
        "-m",
        "--model",
        metavar="MODEL",
        type=model_argument,
        help=f"run folder of asr train, or a packaged model's name (default: {DEFAULT}; asr info lists them)",
    )
    _add_input_arguments(parser)
    _add_output_arguments(parser)
    add_search_arguments(parser)
    add_runtime_arguments(parser)
    parser.add_argument(
        "--jobs",
        metavar="N",
        type=positive,
        help="threads that read and search beside the network (default: one a core)",
    )
    parser.add_argument("--shard", metavar="I/N", type=part, default=(1, 1), help="do only part I of N of the inputs")
    parser.add_argument("--language", metavar="L", default="en", help="language of the recordings: en")
    parser.add_argument("--device", metavar="D", default="cpu", help="where it is computed: cpu")
    _add_whispers_spellings(parser)


def _add_input_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--include",
        metavar="GLOB",
        action="append",
        default=[],
        help="of folders, only files that match; may be repeated",
    )
    parser.add_argument(
        "--exclude",
        metavar="GLOB",
        action="append",
        default=[],
        help="of folders, no files that match; may be repeated",
    )
    parser.add_argument(
        "--channels", choices=("mix", "split"), default="mix", help="one transcript, or one a channel (default: mix)"
    )
    parser.add_argument(
        "--raw",
        metavar="F",
        type=parse_raw_format,
        help="inputs are samples without a header: encoding, samples a second, channels, as in s16le,16000,1",
    )
    parser.add_argument(
        "--stream",
        action="store_true",
        help="text while the sound comes, from a pipe (-), the microphone (mic) or a file; -f txt, or json, a line an "
        "update",
    )


def _add_output_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output-dir", metavar="DIR", type=Path, help="folder for the transcripts")
    parser.add_argument(
        "-f",
        "--output-format",
        metavar="F",
        help="txt, json, srt, vtt, tsv, ctm, textgrid, several with commas, or all",
    )
    parser.add_argument(
        "--word-timestamps", action=argparse.BooleanOptionalAction, default=True, help="words in json (default: with)"
    )
    parser.add_argument("--highlight-words", action="store_true", help="mark the word that is said, in srt and vtt")
    parser.add_argument("--max-line-width", metavar="N", type=positive, help="characters a line, in srt and vtt")
    parser.add_argument(
        "--max-line-count",
        metavar="N",
        type=positive,
        help="lines at a time, in srt and vtt (of 42 characters at most)",
    )
    parser.add_argument(
        "--max-segment-seconds", metavar="S", type=above_zero, default=10.0, help="longest segment (default: 10)"
    )
    existing = parser.add_mutually_exclusive_group()
    existing.add_argument("--overwrite", action="store_true", help="replace transcripts that are there")
    existing.add_argument("--resume", action="store_true", help="leave transcripts that are there, make the others")


def _add_whispers_spellings(parser: argparse.ArgumentParser) -> None:
    """Declare the names with underscores; where ours is a flag, Whisper's has a value, True or False."""
    kinds = {
        "--output_dir": Path,
        "--output_format": str,
        "--beam_size": positive,
        "--max_line_width": positive,
        "--max_line_count": positive,
        "--word_timestamps": _true_or_false,
        "--highlight_words": _true_or_false,
    }
    for option, kind in kinds.items():
        parser.add_argument(option, type=kind, default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def _true_or_false(text: str) -> bool:
    if text not in ("True", "False"):
        raise argparse.ArgumentTypeError(f"{text!r} is neither True nor False")
    return text == "True"


def check_arguments(args: argparse.Namespace) -> None:
    """Check what the parser cannot.

    Raises:
        ConfigError: a language or a device that there is not.
    """
    if args.language.lower() not in ("en", "english"):
        raise ConfigError(f"--language {args.language}: models are of English: leave it out, or say en")
    if args.device != "cpu":
        raise ConfigError(
            f"--device {args.device}: transcribing is computed by the processor: leave it out, or say cpu"
        )


def check_file_options(args: argparse.Namespace) -> None:
    """Check the formats that are asked for, before standard input, which is there but once, is read.

    Raises:
        TranscriptionError: a format is unknown.
    """
    from asr.transcribe.formats import parse_formats

    if args.output_format:
        parse_formats(args.output_format)


def check_stdout(args: argparse.Namespace) -> None:
    """Check that nothing is asked for that stdout cannot take.

    Raises:
        TranscriptionError: something is.
    """
    from asr.transcribe.formats import parse_formats

    if args.channels == "split":
        raise TranscriptionError("stdout takes one transcript: name a folder (-o) for those of the channels")
    if len(parse_formats(args.output_format or "txt")) > 1:
        raise TranscriptionError("stdout takes one format: choose one (-f), or name a folder (-o)")
    for name in ("overwrite", "resume"):
        if getattr(args, name):
            raise TranscriptionError(
                f"--{name}: the text goes to stdout, where none is there already: leave it out, or name a folder (-o)"
            )
