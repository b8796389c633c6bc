"""The configuration as a file: read, overridden, checked, written."""

import difflib
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import tomli_w
from pydantic import BaseModel, ValidationError

from asr.config.config import Config
from asr.config.model import ConvConfig
from asr.errors import ConfigError

Settings = TypeVar("Settings", bound=BaseModel)


def load_config(path: Path, overrides: Sequence[str] = ()) -> Config:
    """Read a configuration file.

    Args:
        path: a TOML file; paths in it are relative to its folder and come back absolute.
        overrides: ``"section.key=value"``, the value in TOML's spelling (a bare word is a string).

    Raises:
        ConfigError: the file cannot be read, a key is unknown, a value does not fit; the message names each.
    """
    return resolve_config(read_settings(path, overrides), path)


def read_settings(path: Path, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """Return the settings of a file as they stand there, overrides among them; `resolve_config` checks them.

    Raises:
        ConfigError: the file cannot be read, or an override is none.
    """
    path = Path(path)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}: name a TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not TOML ({error}): mend it") from error
    for override in overrides:
        _override(values, override)
    return values


def resolve_config(values: dict[str, Any], path: Path, source: str | None = None) -> Config:
    """Return the checked configuration of plain values.

    Args:
        values: as `read_settings` returns them.
        path: of the file that they are from; paths in them are relative to its folder and come back absolute.
        source: is named in errors; None: the file.

    Raises:
        ConfigError: a key is unknown or a value does not fit.
    """
    config = parse_config(values, source or str(path))
    data, tokens, training = config.data, config.tokens, config.train
    folder = Path(path).parent.resolve()
    absolute = {key: tuple(str(folder / name) for name in getattr(data, key)) for key in ("train", "dev")}
    data = data.model_copy(update=absolute)
    if tokens.dictionary:
        tokens = tokens.model_copy(update={"dictionary": str(folder / tokens.dictionary)})
    if training.start_from:
        training = training.model_copy(update={"start_from": str(folder / training.start_from)})
    return config.model_copy(update={"data": data, "tokens": tokens, "train": training})


def parse_config(values: dict[str, Any], source: str) -> Config:
    """Return the checked configuration of plain values; ``source`` is named in errors."""
    return parse_as(Config, values, source)


def parse_as(kind: type[Settings], values: dict[str, Any], source: str) -> Settings:
    """Return plain values as checked settings of a kind; ``source`` is named in errors.

    Raises:
        ConfigError: a key is unknown (the nearest is named) or a value does not fit.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise ConfigError(f"{source}: " + "; ".join(_describe(item, kind) for item in error.errors())) from error


def dump_config(config: Config) -> str:
    """Return the TOML text of a configuration, every default written out."""
    return tomli_w.dumps(config.model_dump(mode="json"))


def _override(values: dict[str, Any], override: str) -> None:
    name, equals, text = override.partition("=")
    *sections, key = name.strip().split(".")
    if not equals or not sections or not key:
        raise ConfigError(f"--set {override}: not of the form section.key=value, as in model.layers=4")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text.strip()
    put_setting(values, name.strip(), value, f"--set {override}")


def put_setting(values: dict[str, Any], name: str, value: Any, source: str) -> None:
    """Put a setting into plain values, in place.

    Args:
        values: as `read_settings` returns them.
        name: ``section.key``.
        value: not checked.
        source: is named in errors.

    Raises:
        ConfigError: the name's section is none.
    """
    *sections, key = name.split(".")
    for section in sections:
        values = values.setdefault(section, {})
        if not isinstance(values, dict):
            raise ConfigError(f"{source}: {section} is not a section")
    values[key] = value


def _describe(item: Any, kind: type[BaseModel]) -> str:
    """One validation error of pydantic as ``key: what is wrong``."""
    name = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden":
        return f"unknown key {name!r}{_nearest(item['loc'], kind)}"
    message = item["msg"].removeprefix("Value error, ")
    return f"{name}: {message}" + ("" if item["type"] == "value_error" else f" (got {item['input']!r})")


def _nearest(location: Sequence[str | int], kind: type[BaseModel]) -> str:
    fields = kind.model_fields
    for part in location[:-1]:
        annotation = fields[part].annotation if isinstance(part, str) and part in fields else None
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            fields = annotation.model_fields
        elif part == "conv":
            fields = ConvConfig.model_fields
    close = difflib.get_close_matches(str(location[-1]), list(fields), n=1, cutoff=0.5)
    return f": did you mean {close[0]!r}?" if close else f": known are {', '.join(fields)}"
