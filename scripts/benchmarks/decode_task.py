"""What decoders are timed on: posteriors of a trained model, one language model, one list of words, one set of numbers.

This module needs nothing but NumPy, and an older one will do: a contender may live in another environment.
"""

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

WORD_UNKNOWN = "<unk>"
_MARKS = (WORD_UNKNOWN, "<s>", "</s>")
_LOG_10 = float(np.log(10))


@dataclass(frozen=True)
class Task:
    """One case for every contender alike. Scores are natural logarithms.

    Attributes:
        log_probs: .npz of [T, V] by utterance id, as `asr decode --save-log-probs` writes it.
        tokens: the run folder's tokens.json; the labels are characters.
        arpa: language model over words, not compressed.
        lexicon: file of words, one a line.
        hypotheses: folder that each contender writes its texts into.
        utterances: of the file's, the first so many; None: all.
        beam_size: prefixes kept after each frame.
        beam_threshold: what ranks this far below the best prefix is dropped.
        token_min_log_prob: tokens below it are impossible in a frame.
        lm_weight, word_bonus: of each word.
        oov_penalty: of each word that the language model does not know, where such words are possible.
    """

    log_probs: Path
    tokens: Path
    arpa: Path
    lexicon: Path
    hypotheses: Path
    utterances: int | None = None
    beam_size: int = 100
    beam_threshold: float = 20.0
    token_min_log_prob: float = -np.inf
    lm_weight: float = 0.5
    word_bonus: float = 0.0
    oov_penalty: float = -10.0

    @property
    def lm_weight_of_log10(self) -> float:
        """The weight, for those whose language model answers in decimal logarithms."""
        return self.lm_weight * _LOG_10

    def matrices(self) -> dict[str, np.ndarray]:
        """Return [T, V] float32 by utterance id."""
        with np.load(self.log_probs) as stored:
            return {name: np.ascontiguousarray(stored[name], np.float32) for name in stored.files[: self.utterances]}

    def labels(self) -> list[str]:
        """Return the V tokens, blank first."""
        return json.loads(self.tokens.read_text(encoding="utf-8"))["labels"]

    def words(self) -> list[str]:
        """Return the lexicon's words."""
        return self.lexicon.read_text(encoding="utf-8").split()

    def most_tokens(self) -> int:
        """Return the most tokens that `token_min_log_prob` leaves a frame: for those that can only count."""
        return max(int((m >= self.token_min_log_prob).sum(axis=1).max(initial=1)) for m in self.matrices().values())

    def write_texts(self, contender: str, texts: dict[str, str]) -> None:
        """Keep what a contender found."""
        path = self.hypotheses / f"{contender}.json"
        if not path.exists():
            path.write_text(json.dumps(texts), encoding="utf-8")


def plain_arpa(source: Path, target: Path, order: int) -> Path:
    """Write an ARPA file (plain or gzip) without what is above an order, and return it: for who reads no gzip.

    The lower orders of a Kneser-Ney model are not those of a smaller model, so words become a little less certain; what
    a query costs stays the same.
    """
    section = 0
    with target.open("w", encoding="utf-8") as kept:
        for line in _lines(source):
            if found := re.match(r"\\(\d+)-grams:", line):
                section = int(found[1])
                if section > order:
                    break
            count = re.match(r"ngram (\d+)=", line)
            if count and int(count[1]) > order:
                continue
            kept.write(_without_backoff(line) if section == order else line)
        if section > order:
            kept.write("\\end\\\n")
    return target


def _without_backoff(line: str) -> str:
    fields = line.rstrip("\n").split("\t")
    return "\t".join(fields[:2]) + "\n"


def order_of(arpa: Path) -> int:
    """Return the order of an ARPA file, plain or gzip."""
    order = 0
    for line in _lines(arpa):
        if found := re.match(r"ngram (\d+)=", line):
            order = int(found[1])
        elif line.startswith("\\1-grams"):
            break
    if not order:
        raise ValueError(f"{arpa}: no ARPA file: name an n-gram model, plain or gzip")
    return order


def _lines(arpa: Path) -> Iterator[str]:
    with gzip.open(arpa, "rt", encoding="utf-8") if arpa.suffix == ".gz" else arpa.open(encoding="utf-8") as lines:
        yield from lines


def frequent_words(arpa: Path, labels: list[str], count: int | None) -> list[str]:
    """Return a plain ARPA file's words that the labels can spell, the most probable first, at most ``count``."""
    letters = set(labels[1:]) - {" "}
    found: list[tuple[float, str]] = []
    with arpa.open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("\\2-grams"):
                break
            fields = line.split()
            if (
                len(fields) > 1
                and fields[0][0] in "-0123456789"
                and fields[1] not in _MARKS
                and letters >= set(fields[1])
            ):
                found.append((-float(fields[0]), fields[1]))
    return [word for _, word in sorted(found)[:count]]
