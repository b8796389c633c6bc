"""What a search may try, as configurations; all of it is checked before anything starts."""

import copy
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from asr.config import Config, put_setting, resolve_config
from asr.errors import ConfigError
from asr.shards import open_shards
from asr.tuning.space import Dimension, Metric, Range, Space

_PATHS = ("data.train", "data.dev", "tokens.dictionary", "train.start_from")  # relative to the config's folder

# Settings that no trial can change, and what to do instead.
_IN_THE_SHARDS = (
    "is what asr prepare has put into the shards: leave it out; to compare such settings, make shards of each with asr "
    "prepare --set and give their folders as choices of data.train"
)
_FIXED = {
    "features": "is what asr prepare has made the shards with: prepare and compare them one by one",
    "augment.speeds": _IN_THE_SHARDS,
    "augment.degrade": _IN_THE_SHARDS,
    "data.dev": "is what trials are compared on: leave it out",
    "train.epochs": "is the same for all trials: set epochs under [study]",
    "train.seed": "is chance: leave it out, and train the best config with other seeds",
    "decode": "is not used in training: leave it out",
}


@dataclass(frozen=True)
class Candidates:
    """The configurations that a search may train.

    Attributes:
        values: settings of the config, as its file has them.
        path: the config's file.
        space: what may be tried; its ranges are of whole numbers where settings are.
    """

    values: Mapping[str, Any]
    path: Path
    space: Space

    @classmethod
    def check(cls, values: Mapping[str, Any], path: Path, space: Space) -> "Candidates":
        """Return them, every key and end and choice of the space checked.

        Args:
            values: as `asr.config.read_settings` returns them.
            path: of the config; paths in it are relative to its folder.
            space: what may be tried.

        Raises:
            ConfigError: the config is not valid, a key of the space is unknown or cannot be searched, a value does not
                fit, or trials could not be compared.
        """
        resolve_config(dict(values), path)
        for key in space.dimensions:
            _refuse_fixed(key, space.source)
        found = cls(values, Path(path), space)
        first = {key: dimension.candidates[0] for key, dimension in space.dimensions.items()}
        lowest = found.config(first, f"{space.source}: [space]")
        for key, dimension in space.dimensions.items():
            for value in dimension.candidates[1:]:
                found.config(first | {key: value}, f"{space.source}: {key} = {value!r}")
        dimensions = {key: _typed(key, one, lowest, space.source) for key, one in space.dimensions.items()}
        found = replace(found, space=replace(space, dimensions=dimensions))
        _check_study(found)
        return found

    @property
    def metric(self) -> Metric:
        """What trials are compared by.

        Errors of letters, unless something else is asked for: the least loss of a development set comes before the
        fewest errors do (epochs 23 and 30 of AN4's training), and word errors say nothing for as long as no word is
        right.
        """
        phones = self.base.tokens.kind == "phones"
        return self.space.settings.metric or ("per" if phones else "cer")

    @property
    def base(self) -> Config:
        """The config as it is, with a trial's number of epochs."""
        return self.config({})

    @property
    def base_parameters(self) -> dict[str, Any]:
        """The config's own values of what is tried, as far as they could be drawn."""
        plain = self.base.model_dump(mode="json")
        own = {key: _lookup(plain, key) for key in self.space.dimensions}
        return {key: value for key, value in own.items() if self.space.dimensions[key].contains(value)}

    def check_shards(self) -> None:
        """Open the shards that trials read.

        Raises:
            ConfigError: the config names none to train on.
            ShardError: a folder cannot be used.
        """
        chosen = self.space.dimensions.get("data.train")
        configs = [self.config({"data.train": one}) for one in chosen.candidates] if chosen else [self.base]
        if not all(config.data.train for config in configs):
            raise ConfigError(f"{self.path}: data.train: no shards named: list the folders that asr prepare wrote")
        for folder in sorted({folder for config in configs for folder in (*config.data.train, *config.data.dev)}):
            open_shards(Path(folder), self.base.features)

    def config(self, parameters: Mapping[str, Any], source: str | None = None) -> Config:
        """Return the configuration of a trial.

        Args:
            parameters: values by key.
            source: named in errors.

        Raises:
            ConfigError: the values do not fit, or not together.
        """
        epochs = self.space.settings.epochs
        fixed = {} if epochs is None else {"train.epochs": epochs}
        return resolve_config(self._with({**parameters, **fixed}), self.path, source)

    def settings_for(self, parameters: Mapping[str, Any], folder: Path) -> dict[str, Any]:
        """Return the config's settings with others in their place, and paths as seen from ``folder``."""
        values = self._with(parameters)
        for name in _PATHS:
            section, key = name.split(".")
            if found := values.get(section, {}).get(key):
                values[section][key] = _seen_from(folder, self.path.parent, found)
        return values

    def _with(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        values = copy.deepcopy(dict(self.values))
        for key, value in parameters.items():
            put_setting(values, key, list(value) if isinstance(value, tuple) else value, str(self.space.source))
        return values


def _refuse_fixed(key: str, source: Path) -> None:
    for name, reason in _FIXED.items():
        if key == name or key.startswith(f"{name}."):
            raise ConfigError(f"{source}: {key}: {reason}")


def _typed(key: str, dimension: Dimension, config: Config, source: Path) -> Dimension:
    """Return a range in numbers of the setting's kind, which the checked ``config`` has."""
    if not isinstance(dimension, Range):
        return dimension
    value = _lookup(config.model_dump(), key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigError(f"{source}: {key}: is not a number: give choices in the place of low and high")
    kind = type(value)
    step = dimension.step
    if kind is int and step is not None and step != int(step):
        raise ConfigError(f"{source}: {key}: step = {step}: the setting is a whole number: give a whole step")
    ends = {"low": kind(dimension.low), "high": kind(dimension.high)}
    return dimension.model_copy(update=ends | {"step": None if step is None else kind(step)})


def _check_study(candidates: Candidates) -> None:
    source, settings, config = candidates.space.source, candidates.space.settings, candidates.base
    if not config.data.dev:
        raise ConfigError(f"{candidates.path}: data.dev: none named: trials are compared on a development set")
    if config.train.strategy == "multi_worker":
        raise ConfigError(f"{candidates.path}: train.strategy: trials are trained on one machine: leave it out")
    rates = ("per",) if config.tokens.kind == "phones" else ("wer", "cer")
    if candidates.metric not in ("val_loss", *rates):
        raise ConfigError(
            f"{source}: [study] metric = {candidates.metric!r}: there is none with tokens.kind = "
            f"{config.tokens.kind!r}: choose {', '.join(('val_loss', *rates))}"
        )
    searched = [key for key in candidates.space.dimensions if key.startswith("tokens.")]
    if searched and (candidates.metric == "val_loss" or "tokens.kind" in searched):
        raise ConfigError(
            f"{source}: {searched[0]}: {candidates.metric} of other tokens cannot be compared: leave it out"
        )
    if settings.pruner != "none" and settings.min_epochs > config.train.epochs:
        raise ConfigError(
            f"{source}: [study] min_epochs = {settings.min_epochs} is above the {config.train.epochs} epochs of a "
            f'trial: lower it, or set pruner = "none"'
        )


def _lookup(values: Any, key: str) -> Any:
    for part in key.split("."):
        values = values[part]
    return values


def _seen_from(folder: Path, origin: Path, names: str | list[str]) -> str | list[str]:
    if isinstance(names, str):
        return os.path.relpath(origin.resolve() / names, folder.resolve())
    return [os.path.relpath(origin.resolve() / name, folder.resolve()) for name in names]
