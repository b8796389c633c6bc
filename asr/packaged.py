"""The models that come with the installation, by name: run folders as `asr package` writes them, in ``pretrained/``."""

from pathlib import Path

from asr.errors import RunError

PRETRAINED = Path(__file__).with_name("pretrained")
DEFAULT = "english-small"  # what is used where no model is named
_CONFIG = "config.toml"  # a folder without one is no model (the language model that several share, say)


def packaged_models() -> list[str]:
    """Return the names of the models that are there, sorted."""
    return sorted(path.parent.name for path in PRETRAINED.glob(f"*/{_CONFIG}"))


def find_model(model: str | Path | None = None) -> Path:
    """Return the folder of a model.

    Args:
        model: name of a packaged model, or else a run folder, which need not be there; a `Path` is always a folder.
            None: `DEFAULT`.

    Raises:
        RunError: no model is named, and the default is not packaged.

    >>> find_model("runs/an4").as_posix()
    'runs/an4'
    """
    if isinstance(model, Path):  # what was named ./english-small is a Path of the packaged model's name by now
        return model
    names = packaged_models()
    if model is None and DEFAULT not in names:
        there = f"{DEFAULT} is not packaged, only {', '.join(names)}" if names else "none comes with this release"
        raise RunError(f"no model: name a run folder of asr train with -m RUN; {there}")
    name = DEFAULT if model is None else model
    return PRETRAINED / name if name in names else Path(name)


def model_name(folder: Path) -> str:
    """Return what a model is called: its name where it is packaged, else its folder as it was named."""
    return folder.name if folder.parent == PRETRAINED else str(folder)


def known_models() -> str:
    """Return a clause for errors that says what a model can be."""
    names = packaged_models()
    return "name a folder that asr train wrote" + (f", or a packaged model: {', '.join(names)}" if names else "")
