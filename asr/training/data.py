"""The utterances of a training or development set, as the training loop sees them.

What cannot be learned from is found here, before the first step, with its reason: text that the tokens cannot spell, no
text at all, more labels than CTC can align to the frames. None of it may surface later as an infinite or zero loss.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from asr.augment import augment_frames
from asr.batches import Batch, BatchPlan, make_batch
from asr.config import Config
from asr.ctc import require_alignable
from asr.errors import TrainingError, UtteranceError
from asr.features import FrontEnd, normalise
from asr.model import output_lengths
from asr.shards import Shards
from asr.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Example:
    """One utterance: where its frames lie, and its labels.

    Attributes:
        id: the utterance's.
        text: reference, as the corpus spells it.
        num_frames: T.
        labels: token indices; None when the tokens cannot spell the text or CTC cannot align it.
        problem: why labels are None, or why it should not be trained on.
        shards: the folder that holds it.
        index: position in that folder.
    """

    id: str
    text: str
    num_frames: int
    labels: tuple[int, ...] | None
    problem: str | None
    shards: Shards
    index: int


@dataclass(frozen=True)
class DataSet:
    """Examples and the front end that normalises them."""

    examples: Sequence[Example]
    front_end: FrontEnd

    @property
    def num_frames(self) -> list[int]:
        """T of each example."""
        return [example.num_frames for example in self.examples]

    @property
    def num_labels(self) -> list[int]:
        """U of each example; 0 without labels."""
        return [len(example.labels or ()) for example in self.examples]

    @cached_property
    def digest(self) -> str:
        """sha256 of ids, lengths and labels in order: equal where order and content of the batches are."""
        rows = [(example.id, example.num_frames, example.labels) for example in self.examples]
        return hashlib.sha256(json.dumps(rows).encode()).hexdigest()

    def batch(self, plan: BatchPlan) -> Batch:
        """Return the arrays of a planned batch."""
        return make_batch(plan, self._frames, self._labels, self.front_end.config.num_features)

    def augmented_batch(self, plan: BatchPlan, config: Config, epoch: int) -> Batch:
        """Return the arrays of a planned batch with warps and masks, drawn from (seed, epoch, utterance)."""

        def frames(index: int) -> np.ndarray:
            rng = np.random.default_rng((config.train.seed, epoch, index))
            return augment_frames(self._frames(index), config.augment, config.features, rng)

        return make_batch(plan, frames, self._labels, self.front_end.config.num_features)

    def _frames(self, index: int) -> np.ndarray:
        example = self.examples[index]
        return normalise(example.shards.frames(example.index), self.front_end)

    def _labels(self, index: int) -> Sequence[int]:
        return self.examples[index].labels or ()


def read_examples(folders: Sequence[Shards], tokens: Tokens, config: Config) -> list[Example]:
    """Return every utterance of the folders, those with a problem included.

    Raises:
        TrainingError: an id is in two folders.
    """
    examples: dict[str, Example] = {}
    for shards in folders:
        for index, entry in enumerate(shards.entries):
            if entry.id in examples:
                raise TrainingError(f"{entry.id}: in two of the shard folders: each utterance may be there once")
            labels, problem = _labels(entry.text, entry.num_frames, tokens, config)
            examples[entry.id] = Example(entry.id, entry.text, entry.num_frames, labels, problem, shards, index)
    return list(examples.values())


def _labels(text: str, num_frames: int, tokens: Tokens, config: Config) -> tuple[tuple[int, ...] | None, str | None]:
    try:
        labels = tuple(tokens.encode(text))
    except UtteranceError as error:
        return None, str(error)
    if not labels:
        return labels, "the transcript is empty"
    try:
        require_alignable(labels, output_lengths(config.model, num_frames))
    except UtteranceError as error:
        return None, str(error)
    return labels, None


def leave_out(examples: Sequence[Example], config: Config) -> tuple[list[Example], list[dict[str, str]]]:
    """Return the examples that can be trained on, and id and reason of the others.

    Raises:
        TrainingError: more cannot be used than ``data.max_excluded_share`` allows, or nothing is left. Ids listed under
            ``data.skip`` do not count.
    """
    skip = set(config.data.skip)
    kept = [example for example in examples if example.id not in skip and example.problem is None]
    skipped = [{"id": example.id, "reason": "listed under data.skip"} for example in examples if example.id in skip]
    unusable = [
        {"id": example.id, "reason": example.problem}
        for example in examples
        if example.id not in skip and example.problem is not None
    ]
    if not kept:
        first = f", the first, {unusable[0]['id']}: {unusable[0]['reason']}" if unusable else ""
        raise TrainingError(f"data.train: none of {len(examples)} utterances can be used{first}")
    if len(unusable) > config.data.max_excluded_share * len(examples):
        raise TrainingError(
            f"data.train: {len(unusable)} of {len(examples)} utterances cannot be used, more than "
            f"data.max_excluded_share = {config.data.max_excluded_share} allows; the first, {unusable[0]['id']}: "
            f"{unusable[0]['reason']}"
        )
    return kept, skipped + unusable


def repeat(examples: Sequence[Example], folders: Sequence[Shards], times: Sequence[int]) -> list[Example]:
    """Return the examples with those of each folder as often as ``times`` says; once beyond its end."""
    often = dict(zip((shards.folder for shards in folders), times, strict=False))
    return [example for example in examples for _ in range(often.get(example.shards.folder, 1))]
