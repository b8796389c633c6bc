"""The numbers of a search, and the run folder's ``decoder.json`` that keeps those that were tuned."""

import json
import math
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from asr.errors import ConfigError, RunError
from asr.files import write_atomically

DECODER = "decoder.json"
_SEARCH = "search"
_LM, _LM_FOLDER = "lm", "lm"  # a key of decoder.json; a folder beside it


@dataclass(frozen=True, slots=True)
class DecoderSettings:
    """What a search weighs and what it drops. Natural logarithms; nothing is dropped by default but by the beam's size.

    Attributes:
        beam_size: prefixes kept after each frame.
        lm_weight: factor of the language model's log-probabilities.
        word_bonus: added for each word.
        blank_penalty: taken off the logit of blank in each frame. A network that was trained with CTC is surer of blank
            than of any token, so that words lose phones, and short words vanish; above 0 makes texts longer.
        oov_penalty: added for each word that a language model over words does not know, on top of its score for
            ``<unk>``; below 0 to make such words rarer.
        oov_letter_penalty: added for each letter (phone, where words are phones) of a word that neither the language
            model nor a hotword has; 0 or below. Only it keeps known words from being run together: any cost of a whole
            word is less than that of enough known ones.
        lm_unit: what the language model's words are: words, or tokens (characters or pieces).
        token_min_log_prob: tokens below it are impossible in a frame, but for the blank and the best one.
        beam_threshold: what ranks this far below a frame's best prefix is dropped.
    """

    beam_size: int = 100
    lm_weight: float = 0.5
    word_bonus: float = 0.0
    blank_penalty: float = 0.0
    oov_penalty: float = 0.0
    oov_letter_penalty: float = 0.0
    lm_unit: Literal["word", "token"] = "word"
    token_min_log_prob: float = -math.inf
    beam_threshold: float = math.inf

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            ConfigError: one is out of its range.
        """
        if self.beam_size < 1:
            raise ConfigError(f"beam_size = {self.beam_size}: keep at least 1 prefix")
        if self.lm_unit not in ("word", "token"):
            raise ConfigError(f"lm_unit = {self.lm_unit!r}: choose word or token")
        if not (math.isfinite(self.lm_weight) and self.lm_weight >= 0):
            raise ConfigError(f"lm_weight = {self.lm_weight}: it must be a number from 0 up")
        for name in ("word_bonus", "blank_penalty", "oov_penalty"):
            if not math.isfinite(getattr(self, name)):
                raise ConfigError(f"{name} = {getattr(self, name)}: it must be a finite number")
        if not -math.inf < self.oov_letter_penalty <= 0:
            raise ConfigError(f"oov_letter_penalty = {self.oov_letter_penalty}: it must be a number from 0 down")
        if math.isnan(self.token_min_log_prob) or not self.beam_threshold >= 0:
            raise ConfigError(
                f"token_min_log_prob = {self.token_min_log_prob}, beam_threshold = {self.beam_threshold}: "
                f"they must be a logarithm and a number from 0 up"
            )


# What the commands drop unless told otherwise: tokens of less than 2.5 in a thousand of a frame, and prefixes of less
# than 2 in a thousand million of the best. With 143 000 words in phones, keeping tokens down to 6 in a million took six
# times as long and found no fewer errors.
COMMAND_SETTINGS = DecoderSettings(token_min_log_prob=-6.0, beam_threshold=20.0)

# What the commands take with a language model for which nothing was tuned: letters as if each were one of 20, times the
# weight of 0.5.
UNTUNED_SETTINGS = replace(COMMAND_SETTINGS, oov_letter_penalty=-1.5)


def load_settings(folder: Path, default: DecoderSettings = COMMAND_SETTINGS) -> DecoderSettings:
    """Return the settings that a run folder's ``decoder.json`` has, the others as in ``default``.

    Raises:
        RunError: the file is broken.
    """
    unlimited = asdict(DecoderSettings())
    values = read_decoder_file(folder).get(_SEARCH, {})
    try:
        known = {name: value for name, value in values.items() if name in unlimited}
        return replace(default, **{name: unlimited[name] if v is None else v for name, v in known.items()})
    except (ConfigError, TypeError, AttributeError) as error:
        raise RunError(f"{decoder_file(folder)}: {error}: tune again, or remove it") from error


def save_settings(folder: Path, settings: DecoderSettings) -> None:
    """Write settings into a run folder's ``decoder.json``, or a file of that form; what else it holds stays.

    All are written, whatever defaults may become; null is a limit that is none, as JSON has no infinity.
    """
    values = {name: None if value in (math.inf, -math.inf) else value for name, value in asdict(settings).items()}
    update_decoder_file(folder, {_SEARCH: values})


def language_model_file(folder: Path) -> Path | None:
    """Return the language model that belongs to a run folder: what ``decoder.json`` names, else the one in ``lm/``.

    Raises:
        RunError: what is named is not there.
    """
    named = read_decoder_file(folder).get(_LM)
    if named is None:
        return next(iter(sorted((folder / _LM_FOLDER).glob("*.asrlm"))), None)
    path = Path(os.path.normpath(folder / str(named)))  # relative to the folder, which may be installed anywhere
    if not path.is_file():
        raise RunError(f"{path}: not there, and {decoder_file(folder)} names it: restore it, or choose --lm none")
    return path


def share_language_model(folder: Path, path: Path) -> None:
    """Let a run folder's ``decoder.json`` name a language model outside it, by the way from the folder."""
    update_decoder_file(folder, {_LM: os.path.relpath(path, folder)})


def decoder_file(place: Path) -> Path:
    """Return the ``decoder.json`` of a run folder; the place itself where it is named as a file, ``.json``."""
    place = Path(place)
    return place if place.suffix == ".json" else place / DECODER


def read_decoder_file(folder: Path) -> dict[str, Any]:
    """Return what a run folder's ``decoder.json``, or a file of that form, holds; nothing where there is none.

    Raises:
        RunError: it is not a JSON object.
    """
    path = decoder_file(folder)
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise RunError(f"{path}: not a decoder file ({error}): tune again, or remove it") from error
    if not isinstance(value, dict):
        raise RunError(f"{path}: not a JSON object: tune again, or remove it")
    return value


def update_decoder_file(folder: Path, parts: dict[str, Any]) -> None:
    """Replace some parts of a run folder's ``decoder.json``, and keep the others."""
    value = {**read_decoder_file(folder), **parts}
    write_atomically(decoder_file(folder), (json.dumps(value, indent=1) + "\n").encode())
