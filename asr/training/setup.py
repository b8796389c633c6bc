"""From a configuration to everything that a training needs but the model: tokens, front end, data cut into buckets."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from asr import run as run_folder
from asr.batches import Bucket, cut_buckets
from asr.config import Config
from asr.errors import ConfigError
from asr.features import FeatureStatistics, FrontEnd, front_end
from asr.files import write_atomically
from asr.shards import Shards, open_shards
from asr.tokens import Tokens
from asr.training.data import DataSet, leave_out, read_examples, repeat


@dataclass(frozen=True)
class Setup:
    """What stays the same over a training.

    Attributes:
        config: of the run.
        tokens: labels.
        front_end: normalises frames.
        train: usable training examples.
        buckets: of the training examples.
        dev: development examples; empty without ``data.dev``.
        dev_buckets: of the development examples.
        excluded: id and reason of the training utterances that are left out.
        is_chief: whether this process writes the run folder.
    """

    config: Config
    tokens: Tokens
    front_end: FrontEnd
    train: DataSet
    buckets: Sequence[Bucket]
    dev: DataSet
    dev_buckets: Sequence[Bucket]
    excluded: Sequence[dict[str, str]]
    is_chief: bool

    @property
    def steps_per_epoch(self) -> int:
        """Batches of training data an epoch."""
        return sum(bucket.num_batches for bucket in self.buckets)

    def write(self, folder: Path, devices: str) -> None:
        """Write what a run folder holds before training, ``devices`` among it: on which it runs."""
        run_folder.create(folder, self.config, self.tokens, self.front_end, devices)
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in self.excluded]
        write_atomically(folder / run_folder.EXCLUDED, "".join(lines).encode())


def set_up(
    config: Config, *, replicas: int, is_chief: bool, tokens: Tokens | None, say: Callable[[str], None]
) -> Setup:
    """Open the shards, make the tokens, leave out what cannot be used, cut batches.

    Args:
        config: with absolute shard paths.
        replicas: what batch sizes are a multiple of.
        is_chief: whether this process writes the run folder.
        tokens: those of a run that is resumed or started from; None: from the configuration or the training text.
        say: is told what was found.

    Raises:
        ConfigError: no training shards are named, or the tokens do not fit.
        ShardError: a shard folder cannot be used.
        TrainingError: too few utterances can be used.
    """
    if not config.data.train:
        raise ConfigError("data.train: no shards named: list the folders that asr prepare wrote")
    train_shards = [open_shards(Path(folder), config.features) for folder in config.data.train]
    dev_shards = [open_shards(Path(folder), config.features) for folder in config.data.dev]
    tokens = tokens or _tokens(config, train_shards)
    end = front_end(config.features, _statistics(train_shards))
    train, excluded = leave_out(read_examples(train_shards, tokens, config), config)
    train = repeat(train, train_shards, config.data.repeat)
    dev = read_examples(dev_shards, tokens, config)
    if tokens.guessed:
        say(f"tokens: {len(tokens.guessed)} words are not in the dictionary; how they sound is guessed (tokens.json)")
    train_set, dev_set = DataSet(train, end), DataSet(dev, end)
    say(_summary("train", train_set, config) + (f", {len(excluded)} left out (excluded.jsonl)" if excluded else ""))
    say(
        _summary("dev", dev_set, config)
        if dev
        else "dev: none (data.dev is empty): no validation, no best checkpoint by WER"
    )
    for example in dev:
        if example.problem is not None:
            say(f"dev: {example.id}: {example.problem}; it counts for WER, not for the loss")
    buckets = cut_buckets(train_set.num_frames, train_set.num_labels, config.data, multiple_of=replicas)
    dev_buckets = cut_buckets(dev_set.num_frames, dev_set.num_labels, config.data, multiple_of=replicas)
    return Setup(config, tokens, end, train_set, buckets, dev_set, dev_buckets, excluded, is_chief)


def _tokens(config: Config, folders: Sequence[Shards]) -> Tokens:
    texts = [entry.text for shards in folders for entry in shards.entries]
    if not any(text.split() for text in texts):
        raise ConfigError("data.train: every transcript is empty: there is nothing to learn")
    return Tokens.from_config(config.tokens, texts)


def _statistics(folders: Sequence[Shards]) -> FeatureStatistics:
    total = folders[0].statistics
    for shards in folders[1:]:
        total = total + shards.statistics
    return total


def _summary(name: str, data: DataSet, config: Config) -> str:
    hours = sum(data.num_frames) * config.features.hop_s / 3600
    return f"{name}: {len(data.examples)} utterances, {hours:.2f} h"
