"""What a search of hyper-parameters may try, and how: a file SPACE.toml with tables ``[space]`` and ``[study]``.

What the keys of ``[space]`` mean is the configuration's business: `asr.tuning.candidates` asks it.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt, model_validator

from asr.config import parse_as
from asr.errors import ConfigError

Metric: TypeAlias = Literal["val_loss", "wer", "cer", "per"]  # keys of a history.jsonl
Number: TypeAlias = int | float


class _Table(BaseModel):
    """A table of the file: values cannot change, unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Range(_Table):
    """Numbers from ``low`` to ``high``, both included; whole numbers where the setting is one."""

    low: Number
    high: Number
    log: bool = Field(default=False, description="drawn evenly by their logarithm")
    step: Number | None = Field(default=None, gt=0, description="only low, low + step, low + 2 step, ...")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"low = {self.low} must be below high = {self.high}")
        if self.log and (self.low <= 0 or self.step is not None):
            raise ValueError("log = true is for low above 0, and without a step")
        if self.step is not None and abs(self._steps(self.high) - round(self._steps(self.high))) > 1e-6:
            raise ValueError(f"high = {self.high} is not low = {self.low} and whole steps of {self.step}")
        return self

    @property
    def candidates(self) -> tuple[Any, ...]:
        """The values that are checked before anything starts: the ends."""
        return self.low, self.high

    def contains(self, value: Any) -> bool:
        """Say whether a setting's value could be drawn."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not self.low <= value <= self.high:
            return False
        return self.step is None or abs(self._steps(value) - round(self._steps(value))) < 1e-6

    def _steps(self, value: Number) -> float:
        return (value - self.low) / (self.step or 1)


class Choices(_Table):
    """One of several values of any kind."""

    choices: tuple[Any, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _differ(self) -> Self:
        if len({json.dumps(choice) for choice in self.choices}) < len(self.choices):
            raise ValueError("each choice may be there once")
        return self

    @property
    def candidates(self) -> tuple[Any, ...]:
        """The values that are checked before anything starts: all."""
        return self.choices

    def contains(self, value: Any) -> bool:
        """Say whether a setting's value could be drawn; lists and tuples are alike."""
        return json.dumps(value) in map(json.dumps, self.choices)


Dimension: TypeAlias = Range | Choices


class StudySettings(_Table):
    """How trials are proposed, compared and given up."""

    metric: Metric | None = Field(
        default=None,
        description="what is made least, of the development set, at a trial's best epoch; not given: cer, or per where "
        "the tokens are phones",
    )
    seed: NonNegativeInt = Field(default=1, description="of what is tried")
    epochs: PositiveInt | None = Field(
        default=None, description="epochs of a trial, in the place of the config's train.epochs"
    )
    pruner: Literal["median", "halving", "hyperband", "none"] = Field(
        default="median",
        description="which trials are given up after an epoch: those whose best is worse than the median of others at "
        "that epoch; those that are not among the best third at epochs min_epochs, 3 min_epochs, 9 min_epochs, ...; "
        "the same in groups that start later and later; none",
    )
    min_epochs: PositiveInt = Field(default=3, description="epochs that each trial may have at least")
    random_trials: PositiveInt = Field(default=8, description="trials drawn at random before others are learned from")
    full_trials: PositiveInt = Field(
        default=4, description="median: trials that reach their end before any is given up"
    )


@dataclass(frozen=True)
class Space:
    """A file of a search.

    Attributes:
        source: the file; errors name it.
        dimensions: what may be tried, by the config's key.
        settings: of the study.
    """

    source: Path
    dimensions: Mapping[str, Dimension]
    settings: StudySettings

    def as_dict(self) -> dict[str, Any]:
        """Return plain values of all that can change which trials come; what is not given is left out."""
        dimensions = {key: value.model_dump(mode="json", exclude_none=True) for key, value in self.dimensions.items()}
        return {"space": dimensions, "study": self.settings.model_dump(mode="json", exclude_none=True)}


def load_space(path: Path) -> Space:
    """Read a file of a search.

    Args:
        path: TOML. ``[space]`` has a table for each key of the config, ``"model.layers" = {low = 2, high = 4}`` or
            ``{choices = [...]}``; ``[study]`` has `StudySettings`.

    Raises:
        ConfigError: the file cannot be read, a key is unknown, a value does not fit.
    """
    try:
        values = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}: name a TOML file with a table [space]") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not TOML ({error}): mend it") from error
    if unknown := sorted(values.keys() - {"space", "study"}):
        raise ConfigError(f"{path}: [{unknown[0]}]: not a table of a search: known are [space] and [study]")
    tables = {name: values.get(name, {}) for name in ("space", "study")}
    if wrong := [name for name, table in tables.items() if not isinstance(table, dict)]:
        raise ConfigError(f"{path}: {wrong[0]}: not a table: write [{wrong[0]}]")
    dimensions = {key: _dimension(key, table, path) for key, table in _flat(tables["space"]).items()}
    if not dimensions:
        raise ConfigError(f'{path}: [space] is empty: name what to try, as in "model.layers" = {{low = 2, high = 4}}')
    return Space(Path(path), dimensions, parse_as(StudySettings, tables["study"], f"{path}: [study]"))


def _flat(table: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return ranges and choices by dotted key, whether TOML was told the key in quotes or not."""
    found: dict[str, Any] = {}
    for name, value in table.items():
        is_group = isinstance(value, dict) and value and all(isinstance(inner, dict) for inner in value.values())
        found |= _flat(value, f"{prefix}{name}.") if is_group else {prefix + name: value}
    return found


def _dimension(key: str, table: Any, path: Path) -> Dimension:
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: {key} = {table!r}: give {{low = ..., high = ...}} or {{choices = [...]}}")
    return parse_as(Choices if "choices" in table else Range, table, f"{path}: {key}")
