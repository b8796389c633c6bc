"""The options of commands that write a report as an HTML page, and the recordings that go with it."""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from asr.cli.console import stderr_console
from asr.wording import counted

if TYPE_CHECKING:
    from asr.report.page.sounds import Sounds
    from asr.report.utterance_facts import UtteranceFacts


def add_page_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare ``--html`` and where the page's sound comes from."""
    parser.add_argument("--html", metavar="F", type=Path, help="write a page to read, search and listen in a browser")
    parser.add_argument(
        "--audio-root", metavar="DIR", type=Path, help="look for the page's sound files here, by the end of their paths"
    )
    parser.add_argument(
        "--embed-audio", action="store_true", help="keep the sound in the page, so that it can be passed on alone"
    )


def check_page_arguments(args: argparse.Namespace) -> None:
    """Check that options of the page come with one.

    Raises:
        ConfigError: they do not; or the folder is not there.
    """
    from asr.errors import ConfigError

    for given, name in ((args.audio_root, "--audio-root"), (args.embed_audio, "--embed-audio")):
        if given and not args.html:
            raise ConfigError(f"{name}: there is no page: add --html FILE")
    if args.audio_root and not args.audio_root.is_dir():
        raise ConfigError(f"{args.audio_root}: no such folder: name the one that holds the sound files")


def write_page(
    args: argparse.Namespace, utterances: Mapping[str, "UtteranceFacts"], make: Callable[["Sounds"], str]
) -> None:
    """Write the page that was asked for, if one was; missing sound is a warning.

    Args:
        args: of the command.
        utterances: what is known of each, by id.
        make: returns the page, given its recordings.
    """
    if not args.html:
        return
    from asr.files import write_atomically
    from asr.report.page.sounds import find_sounds

    sounds = find_sounds(utterances, args.html, root=args.audio_root, embed=args.embed_audio)
    write_atomically(args.html, make(sounds).encode())
    if args.embed_audio and not (sounds.kept or sounds.missing):
        stderr_console(args).print(
            f"{args.html}: no sound to keep in it: REF names no sound files: give audio_filepath, or --audio-root"
        )
    if sounds.missing:
        stderr_console(args).print(
            f"{args.html}: {counted(len(sounds.missing), 'utterance')} without sound, such as {sounds.missing[0]}: "
            f"name the folder of the recordings by --audio-root"
        )
