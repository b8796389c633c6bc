"""Every setting with its default, as a page: docs/config.md, from asr/config/.

Usage: python scripts/config_reference.py --output docs/config.md
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

import tomli_w
from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from asr.config import Config

INTRODUCTION = """\
# Configuration

One TOML file says how features, model and training are made. Every key may be left out; unknown keys are errors. Paths
are relative to the file. `asr train --set model.layers=4` overrides a key, and the run folder's `config.toml` has every
value written out. This page is generated from `asr/config/` (`make docs`).
"""
SIGNS = {Ge: ("ge", "≥"), Gt: ("gt", ">"), Le: ("le", "≤"), Lt: ("lt", "<")}


def main(argv: Sequence[str] | None = None) -> int:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True, help="Markdown file to write")
    parser.parse_args(argv).output.write_text(page(), encoding="utf-8")
    return 0


def page() -> str:
    """Return the page's Markdown."""
    parts = [INTRODUCTION]
    for name, field in Config.model_fields.items():
        parts.append(f"## `[{name}]`\n\n{table(model_of(field), name)}")
    return "\n".join(parts)


def table(model: type[BaseModel], name: str) -> str:
    """Return a section's description and settings; settings that are tables themselves follow as tables."""
    rows = [
        f"| `{key}` | `{escape(toml(field.default))}` | {limits(field)} | {escape(field.description or '')} |"
        for key, field in model.model_fields.items()
    ]
    text = f"{summary(model)}\n\n| key | default | allowed | what it is |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"
    for key, inner, title in inner_models(model):
        text += f"\n### {title.format(f'{name}.{key}')}\n\n{table(inner, f'{name}.{key}')}"
    return text


def model_of(field: FieldInfo) -> type[BaseModel]:
    """Return the section's model."""
    if not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)):
        raise TypeError(f"{field.annotation} is not a section")
    return field.annotation


def inner_models(model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel], str]]:
    """Yield the settings that are tables or lists of tables, with a title that lacks their name."""
    for key, field in model.model_fields.items():
        for argument, title in [
            (field.annotation, "`[{}]`"),
            *((a, "`{}`: a list of these") for a in get_args(field.annotation)),
        ]:
            if isinstance(argument, type) and issubclass(argument, BaseModel):
                yield key, argument, title


def summary(model: type[BaseModel]) -> str:
    """Return a model's docstring as a paragraph."""
    return " ".join((model.__doc__ or "").split()).replace("``", "`")


def toml(value: Any) -> str:
    """Return a value as TOML spells it, on one line."""
    if isinstance(value, BaseModel):
        return "{ " + ", ".join(f"{key} = {toml(item)}" for key, item in value.model_dump().items()) + " }"
    if isinstance(value, tuple):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    return tomli_w.dumps({"value": value}).removeprefix("value = ").strip()


def limits(field: FieldInfo) -> str:
    """Return what values are allowed, as far as the type says."""
    choices = [item for item in get_args(field.annotation) if isinstance(item, str | int)]
    if choices:
        return ", ".join(f"`{toml(choice)}`" for choice in choices)
    return ", ".join(
        f"{sign} {getattr(item, name):g}"
        for item in field.metadata
        for kind, (name, sign) in SIGNS.items()
        if isinstance(item, kind)
    )


def escape(text: str) -> str:
    """Return text that does not end a table's cell."""
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
