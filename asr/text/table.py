"""Replacement tables: a file of lines ``FROM => TO``, as NIST's global mapping files (GLM), of whole words.

    ;; base: basic
    going to => gonna
    [uh] =>                ;; nothing: the word is removed
    a.m. => am

What is spelled in several ways gets one, on both sides. Of rules that fit at a place the one with most words is taken,
from left to right, and what it gives is not looked at again. Square brackets around a side and an empty context
(``/ [ ] __ [ ]``), as GLM files have them, mean nothing more; alternatives and contexts are refused.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from asr.errors import ConfigError
from asr.text import get_normaliser

_CONTEXT = re.compile(r"/\s*\[\s*\]\s*__\s*\[\s*\]\s*$")
_BASE = re.compile(r";;\s*base:\s*(\S+)\s*")


@dataclass(frozen=True, slots=True)
class Table:
    """Replacements of word sequences.

    Attributes:
        rules: what stands for which words; no words where they are removed.
        longest: words of the longest key.
        base: name of the normaliser that is applied before.
    """

    rules: Mapping[tuple[str, ...], tuple[str, ...]]
    longest: int
    base: str

    def replace(self, words: list[str]) -> list[str]:
        """Return the words with all rules applied."""
        replaced: list[str] = []
        place = 0
        while place < len(words):
            length = self._length_at(words, place)
            if length:
                replaced += self.rules[tuple(words[place : place + length])]
            else:
                replaced.append(words[place])
            place += max(1, length)
        return replaced

    def _length_at(self, words: list[str], place: int) -> int:
        longest = min(self.longest, len(words) - place)
        return next((n for n in range(longest, 0, -1) if tuple(words[place : place + n]) in self.rules), 0)


def parse_table(lines: Iterable[str], where: str) -> Table:
    """Return the table of a file's lines.

    Args:
        lines: with or without their ends.
        where: the file, for errors.

    Raises:
        ConfigError: a line is not a rule, two rules have the same words, or the base is unknown or given twice.
    """
    rules: dict[tuple[str, ...], tuple[str, ...]] = {}
    base = None
    for number, line in enumerate(lines, start=1):
        if directive := _BASE.fullmatch(line.strip()):
            if base is not None:
                raise ConfigError(f"{where}:{number}: a second base: keep one of them")
            base = _known(directive[1], f"{where}:{number}")
        rule = line.split(";;")[0].strip()
        if not rule or rule.startswith("*"):  # GLM files begin with names and descriptions
            continue
        words, replacement = _parse_rule(rule, f"{where}:{number}")
        if words in rules:
            raise ConfigError(f"{where}:{number}: {' '.join(words)!r} has a rule already: keep one of them")
        rules[words] = replacement
    return Table(rules, max(map(len, rules), default=0), base or "basic")


def _parse_rule(rule: str, where: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    left, arrow, right = _CONTEXT.sub("", rule).partition("=>")
    words = _side(left)
    if not (arrow and words) or "=>" in right:
        raise ConfigError(f"{where}: {rule!r} is not a rule: write FROM => TO, whole words")
    if set("{}/[]") & set(" ".join((*words, *_side(right)))):
        raise ConfigError(f"{where}: {rule!r}: alternatives and contexts are not read: choose one replacement")
    return words, _side(right)


def _known(base: str, where: str) -> str:
    try:
        return get_normaliser(base).name
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None


def _side(text: str) -> tuple[str, ...]:
    text = text.strip()
    return tuple((text[1:-1] if text.startswith("[") and text.endswith("]") else text).split())
