"""What is known of the recogniser that made hypotheses: from the ``environment.json`` beside them."""

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from asr.errors import ManifestError

TRAINING = "Training"  # name of the fact that is a command
_ENVIRONMENT = "environment.json"  # as `asr.run` writes it, which would bring the configuration and pydantic


def facts_file(hypotheses: Path) -> Path:
    """Return where the facts of the run lie, if anywhere."""
    return hypotheses.parent / _ENVIRONMENT


def recogniser_facts(hypotheses: Path) -> dict[str, str]:
    """Return facts, name and text, of the run that hypotheses lie in; none where there is no such file.

    A file of that name that other programs wrote has other keys, and gives none either.

    Raises:
        ManifestError: the file cannot be read as JSON.
    """
    path = facts_file(hypotheses)
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise ManifestError(f"{path}: not JSON ({error}): the report has no facts of the run: mend it") from error
    return _facts(values) if isinstance(values, dict) else {}


def _facts(values: Mapping[str, Any]) -> dict[str, str]:
    facts = {}
    if isinstance(versions := values.get("versions"), dict):
        facts["Trained with"] = ", ".join(f"{name} {version}" for name, version in versions.items())
    for key, name in (("backend", "Backend"), ("devices", "Devices"), ("commit", "Commit"), ("seed", "Seed")):
        if values.get(key) is not None:
            facts[name] = str(values[key])
    command = values.get("command")
    if isinstance(command, list) and all(isinstance(word, str) for word in command):
        facts[TRAINING] = shlex.join(command)
    return facts
