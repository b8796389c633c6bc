"""English text as error rates are usually given for it: numbers in digits, contractions written out, one spelling.

What users of Whisper expect of its normaliser, with tables of our own: texts of different origin spell the same words
alike afterwards. Remarks in brackets are removed. A possessive ``'s`` is told from ``is`` by nobody: both become `is`.
Source: what is normalised follows Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision"
(arXiv:2212.04356), appendix C; results differ in detail.
"""

import re
import unicodedata
from functools import cache
from importlib import resources

from asr.text.spoken_numbers import numbers_as_digits
from asr.text.table import Table, parse_table

_REMARK = re.compile(r"<[^<>]*>|\[[^\[\]]*\]|\([^()]*\)")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_NO_WORD = re.compile(r"(?<!\d)\.|\.(?!\d)|[^\w\s'.%$£€¢]|_")
_APART = re.compile(r"(?<=\d)\s+%")
_UNIT_SIGN = re.compile(r"(?<!\d)[%¢](?!\d)|(?<=\d)[$£€]|[$£€¢](?!\d)")
_ENDINGS = (
    ("n't", "not"),
    ("'re", "are"),
    ("'ve", "have"),
    ("'ll", "will"),
    ("'d", "would"),
    ("'m", "am"),
    ("'s", "is"),
)


def normalise_english(text: str) -> str:
    """Return English text as it is compared.

    >>> normalise_english("Mr. O'Neil won't pay £1,000 (laughs) -- uh, it's ninety-nine per cent colour!")
    'mister o neil will not pay £1000 it is 99% color'
    """
    text = unicodedata.normalize("NFKC", text).lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    text = _without_accents(_REMARK.sub(" ", text))
    text = _NO_WORD.sub(" ", _THOUSANDS.sub("", text))
    words = _UNIT_SIGN.sub(" ", _APART.sub("%", text)).split()
    table, spellings = _table(), _spellings()
    words = [part for word in table.replace(words) for part in _without_endings(word)]
    words = numbers_as_digits(words)
    return " ".join(spellings.get(word, word) for word in words)


def _without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(char for char in decomposed if not unicodedata.combining(char)))


def _without_endings(word: str) -> list[str]:
    """The words that a contraction stands for; other apostrophes part words or go."""
    if "'" not in word or word == "o'clock":
        return [word]
    for ending, meaning in _ENDINGS:
        if word.endswith(ending) and len(word) > len(ending):
            return [*_without_endings(word.removesuffix(ending)), meaning]
    return word.replace("'", " ").split()


@cache
def _table() -> Table:
    name = "english.glm"
    return parse_table(resources.files("asr.text").joinpath(name).read_text(encoding="utf-8").split("\n"), name)


@cache
def _spellings() -> dict[str, str]:
    """American spellings of British words, inflected ones included."""
    spellings: dict[str, str] = {}
    endings: list[str] = []
    text = resources.files("asr.text").joinpath("english_spelling.txt").read_text(encoding="utf-8")
    for line in text.split("\n"):
        if line.startswith("endings: "):
            endings = ["" if ending == "." else ending for ending in line.split()[1:]]
        elif line and not line.startswith("#"):
            british, american = line.split()
            spellings |= {british + ending: american + ending for ending in endings}
    return spellings
