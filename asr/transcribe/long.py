"""A recording of any length to text, block by block: what lies in memory does not grow with it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from asr.config import EndpointConfig
from asr.decoding.hypothesis import Word
from asr.decoding.settings import decoder_file, read_decoder_file
from asr.errors import RunError
from asr.transcribe.clock import frame_clock
from asr.transcribe.listening import WindowModel, listener
from asr.transcribe.running import Decoding, RunningText, Said
from asr.transcribe.source import Source
from asr.transcribe.windows import WindowSizes

_ENDPOINT = "endpoint"  # in decoder.json


@dataclass(frozen=True, slots=True)
class LongText:
    """What was said in a long recording.

    Attributes:
        text: all of it.
        words: with times and confidence.
        duration: of the recording, in seconds.
    """

    text: str
    words: tuple[Word, ...]
    duration: float


def transcribe_long(
    model: WindowModel,
    source: Source,
    decoding: Decoding,
    on_heard: Callable[[float], None] = lambda seconds: None,
) -> LongText:
    """Return what is said in a recording.

    Args:
        model: that hears it.
        source: the recording.
        decoding: the search.
        on_heard: called with how many seconds of it are done, whenever these are more.

    Raises:
        AudioError: it cannot be read.
        UtteranceError: it is shorter than a frame, or a lexicon leaves nothing that it could be.
    """
    rate = model.config.features.sample_rate_hz
    hearing = listener(model, WindowSizes.for_files(model.config))
    running = RunningText(decoding, frame_clock(model.config, start=source.offset))
    said: list[Said] = []
    num_samples = 0
    for block in source.blocks(rate):
        num_samples += len(block)
        for heard in hearing.feed(block):
            said += running.feed(*heard)
        on_heard(num_samples / rate)
    for heard in hearing.end():
        said += running.feed(*heard)
    duration = num_samples / rate
    said += running.end(source.offset + duration)
    return LongText(" ".join(one.text for one in said), tuple(word for one in said for word in one.words), duration)


def load_endpoint(folder: Path, default: EndpointConfig) -> EndpointConfig:
    """Return where utterances end: what a run folder's ``decoder.json`` has, the rest as in ``default``.

    Raises:
        RunError: the file is broken.
    """
    given = read_decoder_file(folder).get(_ENDPOINT, {})
    try:
        return EndpointConfig.model_validate({**default.model_dump(), **given})
    except (ValidationError, TypeError) as error:
        raise RunError(
            f"{decoder_file(folder)}: {_ENDPOINT} = {json.dumps(given)}: not as docs/config.md has it"
        ) from error
