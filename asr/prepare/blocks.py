"""One block of work: consecutive utterances in, one file of frames and one record out.

The record is written last: where it is, the block is whole.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from asr.audio import Waveform, read_audio
from asr.augment import degrade, speed_perturb
from asr.config import DegradeConfig, FeatureConfig
from asr.errors import AsrError
from asr.features import FeatureStatistics, Frames, compute_features
from asr.files import replacing, write_atomically
from asr.manifest import Utterance
from asr.shards import DTYPE, Entry, entry_row

# A block has at most this many utterances, so that little is lost when a run is killed; and a small corpus has about
# this many blocks where it can, so that many workers and parts share it evenly.
_MAX_UTTERANCES_A_BLOCK = 128
_FEWEST_BLOCKS = 64


@dataclass(frozen=True)
class Block:
    """One work item: everything that a worker needs to know."""

    number: int
    utterances: tuple[Utterance, ...]
    speeds: tuple[float, ...]
    degrade: DegradeConfig
    features: FeatureConfig
    folder: Path

    @property
    def name(self) -> str:
        """File name of the frames."""
        return f"block-{self.number:06d}.f16"

    @property
    def record_path(self) -> Path:
        """Where the record is, once the block is whole."""
        return self.folder / f"block-{self.number:06d}.json"


@dataclass
class Record:
    """What came of a block: rows of the index and of the failures, and sums over its frames."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    failures: list[dict[str, str]] = field(default_factory=list)
    count: int = 0
    total: list[float] = field(default_factory=list)
    total_of_squares: list[float] = field(default_factory=list)


def cut(
    utterances: Sequence[Utterance],
    speeds: tuple[float, ...],
    degraded: DegradeConfig,
    features: FeatureConfig,
    folder: Path,
) -> list[Block]:
    """Cut utterances into blocks, in their order; the cut depends on their number alone."""
    size = min(_MAX_UTTERANCES_A_BLOCK, -(-len(utterances) // _FEWEST_BLOCKS))
    starts = range(0, len(utterances), size)
    return [
        Block(number, tuple(utterances[start : start + size]), speeds, degraded, features, folder)
        for number, start in enumerate(starts)
    ]


def copy_id(identity: str, speed: float) -> str:
    """Return the id of an utterance at a speed; the original keeps its own."""
    return identity if speed == 1.0 else f"{identity}-sp{speed:g}"


def make_block(block: Block) -> None:
    """Compute a block, write its frames, then its record."""
    record = Record()
    statistics = FeatureStatistics.none(block.features.num_features)
    with replacing(block.folder / block.name) as part, part.open("wb") as file:
        for utterance in block.utterances:
            for entry, frames in _copies(utterance, block, statistics.count, record):
                record.entries.append(entry_row(entry))
                statistics += FeatureStatistics.of(frames)
                file.write(frames.data)
    record.count = statistics.count
    record.total, record.total_of_squares = statistics.total.tolist(), statistics.total_of_squares.tolist()
    write_atomically(block.record_path, json.dumps(asdict(record), ensure_ascii=False).encode())


def read_record(block: Block) -> Record:
    """Return the record of a block that is whole."""
    return Record(**json.loads(block.record_path.read_text(encoding="utf-8")))


def _copies(utterance: Utterance, block: Block, offset: int, record: Record) -> Iterator[tuple[Entry, Frames]]:
    """Yield an utterance at each speed; a copy that cannot be made goes into the record, under its id."""
    rate = block.features.sample_rate_hz
    try:
        waveform = read_utterance(utterance, rate)
    except AsrError as error:
        record.failures.extend(_failure(copy_id(utterance.id, speed), block, error) for speed in block.speeds)
        return
    for speed in block.speeds:
        identity = copy_id(utterance.id, speed)
        copy = degrade(speed_perturb(waveform, speed, rate), block.degrade, rate, identity)
        try:
            frames = compute_features(copy, block.features).astype(DTYPE)
        except AsrError as error:
            record.failures.append(_failure(identity, block, error))
            continue
        yield _entry(utterance, identity, block.name, offset, frames, len(copy) / rate), frames
        offset += len(frames)


def read_utterance(utterance: Utterance, sample_rate_hz: int) -> Waveform:
    """Return the waveform of a manifest's utterance: its span and its channel of the file.

    Raises:
        AudioError: as `asr.audio.read_audio`.
    """
    return read_audio(
        utterance.audio_filepath,
        sample_rate_hz=sample_rate_hz,
        offset_s=utterance.offset,
        duration_s=utterance.duration or None,  # 0: the manifest does not know
        channel=utterance.channel,
    )


def _entry(utterance: Utterance, identity: str, shard: str, offset: int, frames: Frames, duration: float) -> Entry:
    lang = {} if utterance.lang is None else {"lang": utterance.lang}
    extras = dict(utterance.extras) | lang
    return Entry(identity, shard, offset, len(frames), utterance.text, utterance.speaker, duration, extras)


def _failure(identity: str, block: Block, error: AsrError) -> dict[str, str]:
    return {"id": identity, "error": str(error), "shard": block.name}
