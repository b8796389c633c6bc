"""Features on disk: a folder of memory-mapped blocks, an index, and the fingerprint of what made them.

    index.jsonl        one entry a line: id, shard, offset, frames, text, duration, other keys of the manifest
    block-000000.f16   float16 [frames, features], utterances one after another, not normalised
    statistics.npz     sums over the frames of each block, for normalisation by the training set
    failures.jsonl     id and error of what could not be read
    fingerprint.json   what made the folder; other feature settings are refused

Reading only; `asr.prepare` writes. Source of the idea: Kaldi's ark and scp, lhotse's memory-mapped features.
"""

import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from asr.config import FeatureConfig
from asr.errors import ManifestError, ShardError
from asr.features import FeatureStatistics
from asr.manifest import read_json_lines

FORMAT_VERSION = 1
DTYPE = np.dtype(np.float16)
INDEX, STATISTICS, FAILURES, FINGERPRINT = "index.jsonl", "statistics.npz", "failures.jsonl", "fingerprint.json"
# Normalisation is applied when batches are made: it does not change what is stored.
_NOT_STORED = {"normalisation"}
# Each mapped block holds a file descriptor, of which a process has about a thousand.
_MAX_MAPPED = 256
_ENTRY_KEYS = ("id", "shard", "offset", "frames", "text", "speaker", "duration")
RESERVED_KEYS = frozenset({"shard", "frames"})  # keys of the index that a manifest may not use for its own


@dataclass(frozen=True, slots=True)
class Entry:
    """One utterance of a shard folder.

    Attributes:
        id: the utterance's, with ``-sp0.9`` and the like on speed copies.
        shard: file name of the block that holds it.
        offset: its first frame in that block.
        num_frames: frames, at least 1.
        text: what was said, as the manifest spells it.
        speaker: who said it, when known.
        duration: seconds.
        extras: every other key of the manifest.
    """

    id: str
    shard: str
    offset: int
    num_frames: int
    text: str
    speaker: str | None
    duration: float
    extras: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Fingerprint:
    """What made a shard folder; equal fingerprints (but for ``librosa``) mean equal frames.

    Attributes:
        features: the feature configuration without what is not stored.
        manifests: sha256 of each manifest, in order.
        speeds: speeds at which each utterance was prepared.
        degrade: `DegradeConfig` of the copies as plain values; empty where nothing was done to them.
        num_blocks: blocks of the whole, over all parts.
        part: (i, n): this is part i of n, counted from 1.
        librosa: version, for the record; it is not compared.
    """

    features: Mapping[str, Any]
    manifests: tuple[str, ...]
    speeds: tuple[float, ...]
    num_blocks: int
    part: tuple[int, int]
    librosa: str = field(compare=False, default="")
    degrade: Mapping[str, Any] = field(default_factory=dict)

    @property
    def num_features(self) -> int:
        """F, values a frame."""
        return FeatureConfig.model_validate(self.features).num_features

    def to_json(self) -> str:
        """Return the text of ``fingerprint.json``."""
        return json.dumps({"format": FORMAT_VERSION, "dtype": DTYPE.name, **vars(self)}, indent=2) + "\n"

    def difference(self, other: "Fingerprint") -> str | None:
        """Name the first thing in which another fingerprint differs, or return None; ``part`` is not compared."""
        for key in sorted({*self.features, *other.features}):
            ours, theirs = self.features.get(key), other.features.get(key)
            if ours != theirs:
                return f"features.{key} is {ours!r} there and {theirs!r} here"
        if self.speeds != other.speeds:
            return f"speeds are {list(self.speeds)} there and {list(other.speeds)} here"
        if self.degrade != other.degrade:
            return f"augment.degrade is {dict(self.degrade)} there and {dict(other.degrade)} here"
        if (self.manifests, self.num_blocks) != (other.manifests, other.num_blocks):
            return "it was made from other manifests, or they have changed since"
        return None


def stored_settings(config: FeatureConfig) -> dict[str, Any]:
    """Return the settings that decide what is stored, as plain values."""
    return config.model_dump(mode="json", exclude=_NOT_STORED)


class Shards:
    """An open shard folder; frames are mapped when asked for, never read as a whole.

    Attributes:
        folder: where it lies.
        entries: the utterances in the manifests' order.
        feature_config: how the frames were made (its normalisation is the default, for it is not stored).
        num_features: F, values a frame.
        statistics: sums over all frames.
    """

    def __init__(
        self, folder: Path, entries: tuple[Entry, ...], feature_config: FeatureConfig, statistics: FeatureStatistics
    ):
        self.folder = folder
        self.entries = entries
        self.feature_config = feature_config
        self.num_features = feature_config.num_features
        self.statistics = statistics
        self._block = lru_cache(_MAX_MAPPED)(self._map)

    def __len__(self) -> int:
        return len(self.entries)

    def frames(self, index: int) -> np.ndarray:
        """Return the frames of ``entries[index]``: a read-only view [T, F] of float16 on disk, not normalised."""
        entry = self.entries[index]
        return self._block(entry.shard)[entry.offset : entry.offset + entry.num_frames]

    def _map(self, shard: str) -> np.ndarray:
        return np.memmap(self.folder / shard, DTYPE, mode="r").view(np.ndarray).reshape(-1, self.num_features)


def open_shards(path: Path, config: FeatureConfig | None = None) -> Shards:
    """Open a shard folder and check that it is whole.

    Args:
        path: what `asr prepare --output` or `asr merge --output` wrote.
        config: when given, the settings that the frames must have been made with.

    Raises:
        ShardError: the folder is missing, incomplete, a part of a whole, or made with other feature settings.
    """
    folder = Path(path)
    fingerprint = read_fingerprint(folder)
    if fingerprint.part != (1, 1):
        raise ShardError(
            f"{folder}: part {fingerprint.part[0]} of {fingerprint.part[1]}: join the parts with asr merge"
        )
    feature_config = FeatureConfig.model_validate(fingerprint.features)
    if config is not None:
        _check_features(folder, fingerprint, config)
        feature_config = config
    entries = read_index(folder)
    check_blocks(folder, entries, feature_config.num_features)
    statistics = sum_statistics(read_statistics(folder))
    if statistics.count != sum(entry.num_frames for entry in entries):
        raise ShardError(f"{folder / INDEX}: not the frames that {STATISTICS} counted: prepare the folder again")
    return Shards(folder, entries, feature_config, statistics)


def read_fingerprint(folder: Path) -> Fingerprint:
    """Return the fingerprint of a shard folder or a part of one.

    Raises:
        ShardError: there is no such folder, or it was written by another version of the format.
    """
    path = folder / FINGERPRINT
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        version, dtype = values.pop("format"), values.pop("dtype")
        fingerprint = Fingerprint(**values | {key: tuple(values[key]) for key in ("manifests", "speeds", "part")})
    except OSError as error:
        raise ShardError(f"{folder}: not a finished shard folder (no {FINGERPRINT}): run asr prepare") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ShardError(f"{path}: not a fingerprint: prepare the folder again") from error
    if (version, dtype) != (FORMAT_VERSION, DTYPE.name):
        raise ShardError(f"{path}: format {version} of {dtype}, we read {FORMAT_VERSION}: prepare the folder again")
    return fingerprint


def read_index(folder: Path) -> tuple[Entry, ...]:
    """Return the entries of ``index.jsonl``.

    Raises:
        ShardError: the index is missing or damaged.
    """
    try:
        return tuple(_entry(row) for _, row in read_json_lines(folder / INDEX))
    except (ManifestError, KeyError) as error:
        raise ShardError(f"{folder / INDEX}: missing or damaged: prepare the folder again") from error


def entry_row(entry: Entry) -> dict[str, Any]:
    """Return the JSON object of one line of ``index.jsonl``."""
    row = {
        "id": entry.id,
        "shard": entry.shard,
        "offset": entry.offset,
        "frames": entry.num_frames,
        "text": entry.text,
        "duration": entry.duration,
    }
    if entry.speaker is not None:
        row["speaker"] = entry.speaker
    return row | dict(entry.extras)


def read_statistics(folder: Path) -> list[FeatureStatistics]:
    """Return the statistics of each block, in the order of blocks; a part has none of the others' frames.

    Raises:
        ShardError: the file is missing or damaged.
    """
    try:
        with (folder / STATISTICS).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            rows = zip(arrays["count"], arrays["total"], arrays["total_of_squares"], strict=True)
            return [FeatureStatistics(int(count), total, squares) for count, total, squares in rows]
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise ShardError(f"{folder / STATISTICS}: missing or damaged: prepare the folder again") from error


def sum_statistics(statistics: Sequence[FeatureStatistics]) -> FeatureStatistics:
    """Return the sum, always added in the same order: floating point sums depend on it."""
    return sum(statistics[1:], start=statistics[0])


def check_blocks(folder: Path, entries: tuple[Entry, ...], num_features: int) -> None:
    """Check that each block is there and holds exactly the frames of its entries.

    Raises:
        ShardError: one is missing or has another size.
    """
    for shard, frames in _frames_of_blocks(entries):
        expected = frames * num_features * DTYPE.itemsize
        path = folder / shard
        if not path.is_file() or path.stat().st_size != expected:
            raise ShardError(f"{path}: missing, or not of {expected} bytes as in the index: prepare the folder again")


def _frames_of_blocks(entries: tuple[Entry, ...]) -> Iterator[tuple[str, int]]:
    frames: dict[str, int] = {}
    for entry in entries:
        frames[entry.shard] = max(frames.get(entry.shard, 0), entry.offset + entry.num_frames)
    yield from frames.items()


def _check_features(folder: Path, fingerprint: Fingerprint, config: FeatureConfig) -> None:
    here = stored_settings(config)
    for key, value in here.items():
        if fingerprint.features.get(key) != value:
            raise ShardError(
                f"{folder}: features.{key} is {fingerprint.features.get(key)!r} there and {value!r} in the config: "
                f"prepare the shards again or use their config"
            )


def _entry(row: dict[str, Any]) -> Entry:
    extras = {key: value for key, value in row.items() if key not in _ENTRY_KEYS}
    return Entry(
        row["id"],
        row["shard"],
        row["offset"],
        row["frames"],
        row["text"],
        row.get("speaker"),
        row["duration"],
        extras,
    )
