"""Manifests in, a shard folder out: features computed once, by parallel processes, resumable and reproducible.

The work is cut into blocks in the manifests' order, by nothing but the manifests; a worker makes a whole block and
writes it itself. So the bytes are the same whatever the number of processes, after an interruption, and in parts:
part i of n is every n-th block, and `asr.prepare.merge` joins the blocks of all parts.
"""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from asr.config import Config, DegradeConfig
from asr.cores import num_cores
from asr.errors import ManifestError
from asr.manifest import Utterance, read_manifest
from asr.prepare.blocks import copy_id, cut
from asr.prepare.folder import assemble, finished_failures, working_folder, writing
from asr.prepare.pool import make_missing
from asr.shards import RESERVED_KEYS, Fingerprint, stored_settings


@dataclass(frozen=True)
class PreparationResult:
    """What came out.

    Attributes:
        folder: the finished shard folder.
        num_utterances: how many were asked for, of this part, speed copies included.
        failures: one clear line for each id that could not be used.
    """

    folder: Path
    num_utterances: int
    failures: Mapping[str, str]


def prepare(
    manifests: Sequence[Path],
    config: Config,
    output: Path,
    *,
    augment: bool = False,
    part: tuple[int, int] = (1, 1),
    jobs: int | None = None,
    resume: bool = False,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> PreparationResult:
    """Compute the features of all utterances of some manifests into a shard folder.

    Args:
        manifests: read in order; ids must be unique over all.
        config: its features, and with ``augment`` its speeds and what degrades copies, decide what is stored.
        output: the folder to make; it appears when it is whole.
        augment: add a copy of each utterance at each speed other than 1, its id ending in ``-sp0.9`` or the like, and
            degrade the original and the copies as the config says.
        part: (i, n) for part i of n, counted from 1; `asr.prepare.merge` joins them.
        jobs: processes; None is one a core.
        resume: go on with an interrupted run; a finished one is left as it is.
        on_progress: told after each block how many utterances of the manifests are done, of how many.

    Raises:
        ManifestError: a manifest cannot be read, or an id is used twice.
        ShardError: the output is there already, cannot be written, or was begun from something else.
    """
    output = Path(os.path.abspath(output))
    speeds = _speeds(config, augment)
    degraded = config.augment.degrade if augment else DegradeConfig()
    utterances = _read_manifests(manifests, speeds)
    working = output.with_name(f".{output.name}.partial")
    blocks = cut(utterances, speeds, degraded, config.features, working)
    fingerprint = Fingerprint(
        features=stored_settings(config.features),
        manifests=tuple(hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in manifests),
        speeds=speeds,
        degrade={} if degraded.does_nothing else degraded.model_dump(mode="json"),
        num_blocks=len(blocks),
        part=part,
        librosa=version("librosa"),
    )
    ours = blocks[part[0] - 1 :: part[1]]
    num_utterances = sum(len(block.utterances) for block in ours) * len(speeds)
    if output.exists():
        return PreparationResult(output, num_utterances, finished_failures(output, fingerprint, resume))
    with writing(output), working_folder(working, fingerprint, resume):
        make_missing(ours, jobs or num_cores(), on_progress)
        failures = assemble(ours, fingerprint, working, output)
    return PreparationResult(output, num_utterances, failures)


def _speeds(config: Config, augment: bool) -> tuple[float, ...]:
    """The original first, then the copies."""
    return (1.0, *(speed for speed in config.augment.speeds if speed != 1.0)) if augment else (1.0,)


def _read_manifests(manifests: Sequence[Path], speeds: Sequence[float]) -> list[Utterance]:
    utterances: list[Utterance] = []
    manifest_of: dict[str, Path] = {}
    for path in manifests:
        for utterance in read_manifest(path):
            for identity in (copy_id(utterance.id, speed) for speed in speeds):
                _claim(identity, path, manifest_of)
            if reserved := RESERVED_KEYS & set(utterance.extras):
                raise ManifestError(
                    f"{path}: {utterance.id}: the key {min(reserved)!r} is one that shards use: rename it"
                )
            utterances.append(utterance)
    if not utterances:
        raise ManifestError(f"{', '.join(map(str, manifests))}: no utterances: nothing to prepare")
    return utterances


def _claim(identity: str, path: Path, manifest_of: dict[str, Path]) -> None:
    if identity in manifest_of:
        raise ManifestError(
            f"{path}: id {identity!r} is already used in {manifest_of[identity]}: give each utterance its own id"
        )
    manifest_of[identity] = path
