"""Pieces of words as tokens, found by byte pair encoding of the training text; a piece with U+2581 starts a word.

Source: Sennrich et al., "Neural Machine Translation of Rare Words with Subword Units" (arXiv:1508.07909), as
sentencepiece does it (Kudo & Richardson, arXiv:1808.06226). The model is a few kilobytes and stands in ``tokens.json``.
"""

import base64
import io
import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from asr.errors import ConfigError, UtteranceError
from asr.tokens.spelling import BLANK, BLANK_LABEL, Spelling, WordLabels, split_at_starts

if TYPE_CHECKING:
    from sentencepiece import SentencePieceProcessor

WORD_START = "\N{LOWER ONE EIGHTH BLOCK}"


class Pieces(Spelling):
    """Labels are the pieces of a sentencepiece model; its unknown piece, number 0, is the blank's place."""

    kind = "bpe"

    def __init__(self, model: bytes) -> None:
        """Keep the model, as sentencepiece serialises it; it is opened when it is first needed."""
        self._model = model

    @classmethod
    def train(cls, texts: Iterable[str], num_pieces: int, *, exactly: bool = True) -> Self:
        """Find the pieces of normalised texts; the same texts in the same order give the same pieces.

        Args:
            texts: normalised.
            num_pieces: labels without the blank.
            exactly: else fewer will do, when the texts do not give so many.

        Raises:
            ConfigError: the texts have more characters than there may be pieces, or not so many pieces.
        """
        from sentencepiece import SentencePieceTrainer

        model = io.BytesIO()
        try:
            SentencePieceTrainer.Train(
                sentence_iterator=iter(texts),
                model_writer=model,
                model_type="bpe",
                vocab_size=num_pieces + 1,  # the unknown piece is one of sentencepiece's
                unk_id=BLANK,
                bos_id=-1,
                eos_id=-1,
                pad_id=-1,
                hard_vocab_limit=exactly,
                character_coverage=1.0,
                normalization_rule_name="identity",  # normalising is done, by asr.text
                split_by_unicode_script=False,  # N'T may be one piece
                max_sentence_length=1 << 30,  # else longer texts are passed over
                num_threads=1,
                minloglevel=2,
            )
        except RuntimeError as error:
            raise ConfigError(f"tokens.pieces = {num_pieces}: {_what_fits(str(error))}") from error
        return cls(model.getvalue())

    @cached_property
    def _processor(self) -> "SentencePieceProcessor":
        from sentencepiece import SentencePieceProcessor

        return SentencePieceProcessor(model_proto=self._model)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The blank, then the pieces."""
        processor = self._processor
        return (BLANK_LABEL, *(processor.IdToPiece(index) for index in range(1, processor.GetPieceSize())))

    @cached_property
    def _characters(self) -> set[str]:
        return set("".join(self.labels[1:])) - {WORD_START} | {" "}

    def encode(self, text: str) -> list[int]:
        """Return the labels of a text.

        Raises:
            UtteranceError: it has a character that no piece has.
        """
        labels = self._processor.EncodeAsIds(text)
        if BLANK in labels or WORD_START in text:
            odd = next(character for character in text if character not in self._characters)
            raise UtteranceError(
                f"character {odd!r} of {text!r} is in none of the pieces: normalise the text (tokens.normaliser), "
                f"or train on text that has it"
            )
        return labels

    def decode(self, labels: Sequence[int]) -> str:
        """Return the text, with single spaces and none at its ends."""
        return " ".join("".join(self.labels[label] for label in labels).replace(WORD_START, " ").split())

    def words(self, labels: Sequence[int], text: str | None) -> list[WordLabels]:
        """Return the words; the labels say where they start, so ``text`` is not looked at."""
        pieces = [self.labels[label] for label in labels]
        starts = [piece.startswith(WORD_START) for piece in pieces]
        return split_at_starts([piece.removeprefix(WORD_START) for piece in pieces], starts)

    def spell(self, words: Sequence[str]) -> list[list[tuple[int, ...]]]:
        """Return each word's pieces, the first of which starts a word: the one way that training has seen."""
        characters = self._characters - {" "}
        return [[tuple(self.encode(word))] if word and characters.issuperset(word) else [] for word in words]

    def save(self, folder: Path) -> dict[str, Any]:
        """Return the model, in base64."""
        return {"sentencepiece": base64.b64encode(self._model).decode()}

    @classmethod
    def load(cls, labels: Sequence[str], value: dict[str, Any], folder: Path) -> Self:
        """Return the pieces of ``value``.

        Raises:
            ConfigError: the labels are not those of the model.
        """
        try:
            pieces = cls(base64.b64decode(value["sentencepiece"], validate=True))
            same = pieces.labels == tuple(labels)
        except RuntimeError as error:  # of sentencepiece, whose message says nothing
            raise ConfigError("not a sentencepiece model") from error
        if not same:
            raise ConfigError("the labels are not those of the sentencepiece model")
        return pieces


def _what_fits(message: str) -> str:
    """Return the cure for what sentencepiece complains of."""
    if most := re.search(r"set it to a value <= (\d+)", message):
        return f"the training text gives at most {int(most[1]) - 1}: lower it"
    if fewest := re.search(r"required_chars\. \d+ vs (\d+)", message):
        return f"the training text has {int(fewest[1]) - 1} characters, each a piece: raise it, or normalise the text"
    return f"sentencepiece cannot find so many ({message.splitlines()[0]}): check the training text"
