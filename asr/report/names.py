"""What systems and trainings are called: by their files, no two alike."""

from collections.abc import Sequence
from pathlib import Path


def system_names(paths: Sequence[Path]) -> list[str]:
    """Return what systems are called by the files of their hypotheses, no two alike.

    A file called ``hypotheses``, as `asr decode` is told in the examples, is called after its folder; suffixes are
    left out where names differ without them.

    >>> system_names([Path("greedy/hypotheses.jsonl"), Path("a/two.txt")])
    ['greedy', 'two']
    """
    named = [_without_what_says_nothing(path) for path in paths]
    return distinct_names(named if len(set(named)) == len(paths) else paths)


def _without_what_says_nothing(path: Path) -> Path:
    return path.parent if path.stem == "hypotheses" and path.parent.name else path.parent / path.stem


def distinct_names(paths: Sequence[Path]) -> list[str]:
    """Return the shortest ends of paths that are all different; whole paths, numbered, where one is there twice.

    >>> distinct_names([Path("greedy/test.jsonl"), Path("beam/test.jsonl")])
    ['greedy/test.jsonl', 'beam/test.jsonl']
    >>> distinct_names([Path("a"), Path("a")])
    ['a (1)', 'a (2)']
    """
    for length in range(1, max(len(path.parts) for path in paths) + 1):
        names = [str(Path(*path.parts[-length:])) for path in paths]
        if len(set(names)) == len(names):
            return names
    return [f"{path} ({number})" for number, path in enumerate(paths, start=1)]
