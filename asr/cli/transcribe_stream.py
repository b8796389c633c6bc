"""``asr transcribe --stream``: text while the sound is still coming."""

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asr.cli import DONE, SOME_FAILED, naming_stdout
from asr.cli.console import print_failure, stderr_console
from asr.errors import AudioError, ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asr.audio import Waveform
    from asr.transcribe.live_sound import LiveSound
    from asr.transcribe.stream import StreamUpdate
    from asr.transcribe.transcriber import Transcriber

MICROPHONE = "mic"
# Options that are of files, and what they are when nobody gives them.
_OF_FILES = {
    "output_dir": None,
    "overwrite": False,
    "resume": False,
    "include": [],
    "exclude": [],
    "shard": (1, 1),
    "jobs": None,
    "max_line_width": None,
    "max_line_count": None,
    "highlight_words": False,
}


def check_stream(args: argparse.Namespace) -> None:
    """Check that nothing is asked for that a stream has not.

    Raises:
        ConfigError: something is.
    """
    for name, default in _OF_FILES.items():
        if getattr(args, name) != default:
            raise ConfigError(f"--{name.replace('_', '-')}: a stream goes to stdout as it comes: leave it out")
    if len(args.inputs) != 1:
        raise ConfigError(f"--stream: takes one input: - for a pipe, {MICROPHONE} for the microphone, or a file")
    if args.channels == "split":
        raise ConfigError("--channels split: the channels of a stream are mixed: leave it out")
    if (args.output_format or "txt") not in ("txt", "json"):
        raise ConfigError(f"-f {args.output_format}: a stream is txt, or json, a line an update")


def run_stream(args: argparse.Namespace, transcriber: "Transcriber") -> int:
    """Print the text of the sound that the options name, and return the exit status."""
    from asr.errors import UtteranceError
    from asr.transcribe.transcript import confidences, low_confidence_note

    total, count = 0.0, 0  # of confidences: a stream may have no end
    print_update = _print_json if args.output_format == "json" else _print_text
    blocks = None
    try:
        sound = _sound(args, transcriber.model.config.features.sample_rate_hz)
        blocks = _UpToAnError(sound.blocks)
        for update in transcriber.stream(blocks, sample_rate_hz=sound.sample_rate_hz):
            with naming_stdout():
                print_update(update, args)
                sys.stdout.flush()
            known = confidences(word for segment in update.segments for word in segment.words)
            total, count = total + sum(known), count + len(known)
        blocks.raise_error()
    except (AudioError, UtteranceError) as error:
        print_failure(str(Path(args.inputs[0])), str((blocks and blocks.error) or error))
        return SOME_FAILED
    if count and (note := low_confidence_note(args.inputs[0], total / count)):
        stderr_console(args).print(note)
    return DONE


class _UpToAnError:
    """Sound that breaks off is heard up to there; the error comes when its text has been printed."""

    def __init__(self, blocks: "Iterator[Waveform]") -> None:
        self._blocks = blocks
        self.error: AudioError | None = None

    def __iter__(self) -> "Iterator[Waveform]":
        try:
            yield from self._blocks
        except AudioError as error:
            self.error = error

    def raise_error(self) -> None:
        """Raise what ended the sound, if anything did."""
        if self.error is not None:
            raise self.error


def _sound(args: argparse.Namespace, sample_rate_hz: int) -> "LiveSound":
    from asr.transcribe.live_sound import LiveSound, microphone, piped_sound
    from asr.transcribe.source import STDIN, Source
    from asr.transcribe.standard_input import standard_input

    (name,) = args.inputs
    if name == STDIN:
        return piped_sound(standard_input(), args.raw)
    if name == MICROPHONE:
        return microphone(sample_rate_hz)
    source = Source(name, Path(name), Path(name), raw=args.raw)
    return LiveSound(sample_rate_hz, source.blocks(sample_rate_hz))


def _print_text(update: "StreamUpdate", args: argparse.Namespace) -> None:
    """Print a line a segment; on a terminal, what may still change stands in the last line."""
    on_terminal = sys.stdout.isatty()
    if on_terminal:
        sys.stdout.write("\r\x1b[K")
    for segment in update.segments:
        print(segment.text)
    if on_terminal and not update.is_final:
        sys.stdout.write(update.text[-(shutil.get_terminal_size().columns - 1) :])


def _print_json(update: "StreamUpdate", args: argparse.Namespace) -> None:
    from asr.transcribe.transcript_json import segment_json

    rows: list[dict[str, Any]] = [
        {"final": True, **segment_json(segment, args.word_timestamps)} for segment in update.segments
    ]
    if not update.is_final:
        rows = [{"final": False, "seconds": round(update.seconds, 3), "stable": update.stable, "text": update.text}]
    for row in rows:
        print(json.dumps(row, ensure_ascii=False))
