"""The options of a search, for every command that has one, and the search that they ask for."""

import argparse
import math
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from asr.cli.console import stderr_console
from asr.cli.numbers import positive
from asr.errors import ConfigError
from asr.wording import counted

if TYPE_CHECKING:
    from asr.config import DecodeConfig
    from asr.decoding.decode import Decoder
    from asr.decoding.rescoring import RescoringDecoder
    from asr.tokens import Tokens

_NO_LM = "none"
_SOON = 1.5  # seconds after which a search that is not there yet is being compiled


def add_search_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of a search."""
    parser.add_argument(
        "--beam-size",
        metavar="N",
        type=positive,
        help="prefixes kept; 1 is greedy search (default: as tuned, else the run's config)",
    )
    parser.add_argument(
        "--lm",
        metavar="LM",
        type=Path,
        help="language model: ARPA, plain or gzip, or .asrlm (default: the run's own, if any); none: without",
    )
    parser.add_argument("--lm-unit", choices=("word", "token"), help="what the model's words are (default: words)")
    parser.add_argument("--lm-weight", metavar="W", type=_finite, help="factor of its scores (default: tuned, or 0.5)")
    parser.add_argument("--word-bonus", metavar="B", type=_finite, help="added a word (default: tuned, or 0)")
    parser.add_argument(
        "--blank-penalty",
        metavar="P",
        type=_finite,
        help="taken off the logit of blank; above 0 against texts that lack words (default: tuned, or 0)",
    )
    parser.add_argument(
        "--oov-penalty",
        metavar="P",
        type=_finite,
        help="added to <unk>'s score for a word that the model does not know (default: tuned, or 0)",
    )
    parser.add_argument(
        "--oov-letter-penalty",
        metavar="P",
        type=_finite,
        help="added for each of its letters, 0 or below, where there is no lexicon (default: tuned, or -1.5)",
    )
    parser.add_argument("--lexicon", metavar="F", type=Path, help="the only words that there are (default: any)")
    parser.add_argument("--hotwords", metavar="F", type=Path, help="phrases to prefer, a line each: PHRASE, tab, boost")
    parser.add_argument(
        "--rescore-lm",
        metavar="LM",
        type=Path,
        help="larger language model over words, by which what the search found is ranked anew (default: none)",
    )
    parser.add_argument(
        "--rescore-lm-weight",
        metavar="W",
        type=_finite,
        help="factor of its scores, which take the place of those of --lm (default: that of --lm)",
    )


def files_read(args: argparse.Namespace) -> list[Path]:
    """Return the files that the options name."""
    return [path for path in (args.lm, args.lexicon, args.hotwords, args.rescore_lm) if path and str(path) != _NO_LM]


def is_greedy(args: argparse.Namespace, folder: Path, config: "DecodeConfig") -> bool:
    """Return whether the options ask for greedy search, which needs nothing compiled."""
    return (args.beam_size or config.beam_size) == 1 and _is_plain(args, folder)


def _is_plain(args: argparse.Namespace, folder: Path) -> bool:
    return not (lm_file(args, folder) or args.lexicon or args.hotwords or args.rescore_lm)


def search_for(
    args: argparse.Namespace, folder: Path, tokens: "Tokens", config: "DecodeConfig"
) -> "Decoder | RescoringDecoder | None":
    """Return the search that the options ask for, ready to run; None for greedy search.

    Args:
        args: with what `add_search_arguments` declares.
        folder: the run's.
        tokens: the run's.
        config: the run's.

    Raises:
        ConfigError: a weight has nothing to weigh, or is out of its range.
    """
    lm_path = lm_file(args, folder)
    greedy = is_greedy(args, folder, config)
    _check_weights(args, has_lm=bool(lm_path or args.rescore_lm), is_greedy=greedy)
    if greedy:
        return None
    from asr.decoding.decode import Decoder
    from asr.decoding.hotwords import read_hotwords
    from asr.decoding.lexicon import Lexicon
    from asr.decoding.lm import LanguageModel
    from asr.decoding.settings import COMMAND_SETTINGS, UNTUNED_SETTINGS, load_settings

    # Weights that were tuned with a language model mean nothing without one.
    settings = load_settings(folder, UNTUNED_SETTINGS) if lm_path else COMMAND_SETTINGS
    names = ("lm_weight", "word_bonus", "blank_penalty", "oov_penalty", "oov_letter_penalty", "lm_unit")
    asked = {name: value for name in names if (value := getattr(args, name)) is not None}
    beam_size = args.beam_size or (config.beam_size if _is_plain(args, folder) else settings.beam_size)
    decoder = Decoder(
        tokens,
        replace(settings, beam_size=beam_size, **asked),
        lm=LanguageModel(lm_path) if lm_path else None,
        lexicon=Lexicon.load(args.lexicon) if args.lexicon else None,
        hotwords=read_hotwords(args.hotwords) if args.hotwords else (),
    )
    warn_of_unspelled(decoder, args)
    warm_up(decoder, args)
    return _with_second_pass(decoder, args)


def _check_weights(args: argparse.Namespace, *, has_lm: bool, is_greedy: bool) -> None:
    for name in ("lm_weight", "lm_unit", "oov_penalty", "oov_letter_penalty"):
        if getattr(args, name) is not None and not has_lm:
            raise ConfigError(f"--{name.replace('_', '-')}: there is no language model: name one with --lm")
    for name in ("word_bonus", "blank_penalty"):
        if getattr(args, name) is not None and is_greedy:
            raise ConfigError(f"--{name.replace('_', '-')}: greedy search has none: give a --beam-size above 1")


def _with_second_pass(decoder: "Decoder", args: argparse.Namespace) -> "Decoder | RescoringDecoder":
    if args.rescore_lm is None:
        if args.rescore_lm_weight is not None:
            raise ConfigError("--rescore-lm-weight: there is nothing to weigh: name a model with --rescore-lm")
        return decoder
    from asr.decoding.lm import LanguageModel
    from asr.decoding.rescoring import RescoringDecoder

    weight = decoder.settings.lm_weight if args.rescore_lm_weight is None else args.rescore_lm_weight
    if weight < 0:
        raise ConfigError(f"--rescore-lm-weight {weight}: give a weight from 0 up")
    return RescoringDecoder(decoder, LanguageModel(args.rescore_lm), weight)


def lm_file(args: argparse.Namespace, folder: Path) -> Path | None:
    """Return the language model that a search uses; None: none."""
    if args.lm is not None:
        return None if str(args.lm) == _NO_LM else args.lm
    if args.beam_size == 1:
        return None
    from asr.decoding.settings import language_model_file

    return language_model_file(folder)


def warn_of_unspelled(decoder: "Decoder", args: argparse.Namespace) -> None:
    """Say how many words of the lexicon or the language model that the user names can never be found, if any."""
    source = args.lexicon or args.lm  # of what comes with a model its user can change nothing
    if source and (words := decoder.unspelled_words()):
        count = counted(len(words), "word")
        stderr_console(args).print(
            f"{source}: the model's tokens cannot spell {count}, which cannot be found, such as {words[0]!r}"
        )


def warm_up(decoder: "Decoder", args: argparse.Namespace) -> None:
    """Load the compiled search before any time is taken; say so where it must be compiled first."""
    import numpy as np

    console = stderr_console(args)
    note = threading.Timer(_SOON, console.print, ["compiling the search, once an installation: half a minute"])
    note.daemon = True
    note.start()
    try:
        decoder(np.full((1, len(decoder.tokens)), -math.log(len(decoder.tokens))), 1)
    finally:
        note.cancel()


def _finite(text: str) -> float:
    """Return a finite number."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return value
