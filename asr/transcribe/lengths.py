"""How long recordings are, decoding no more of them than is needed: some headers do not say it."""

from itertools import accumulate

from asr.audio import needs_pyav
from asr.media import media_facts
from asr.transcribe.source import Source


def known_seconds(source: Source) -> float | None:
    """Return what a span or a header says; None where only decoding all would tell (AAC, MPEG-TS, piped FLAC).

    Raises:
        AudioError: as `asr.audio.audio_duration`.
    """
    is_known = source.duration is not None or source.raw is not None or not needs_pyav(source.path)
    return source.seconds() if is_known or media_facts(source.path).duration is not None else None


def is_longer(source: Source, seconds: float, sample_rate_hz: int) -> bool:
    """Whether a recording is longer than some seconds; no more than these are decoded where nothing says it.

    Raises:
        AudioError: as `asr.audio_blocks.audio_blocks`.
    """
    known = known_seconds(source)
    if known is not None:
        return known > seconds
    return any(count > seconds * sample_rate_hz for count in accumulate(map(len, source.blocks(sample_rate_hz))))
