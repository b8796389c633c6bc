"""A development set with the log-probabilities of its utterances: what search weights are tried on, again and again."""

import hashlib
import zipfile
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np

from asr.decoding.decode import Decoder
from asr.decoding.greedy import greedy
from asr.decoding.hypothesis import check_log_probs
from asr.errors import ScoringError, ShapeError, UtteranceError
from asr.scoring.transcripts import read_transcripts
from asr.tokens import Tokens

Texts: TypeAlias = dict[str, str]  # by utterance id


@dataclass(frozen=True)
class DevelopmentSet:
    """Utterances with what was said in them and what a model made of them.

    Attributes:
        references: what was said, by utterance id.
        log_probs: [T, V] natural log, by utterance id, in the same order.
        num_unused: utterances of the log-probabilities' file that have no reference.
    """

    references: Mapping[str, str]
    log_probs: Mapping[str, np.ndarray]
    num_unused: int = 0

    @classmethod
    def load(cls, log_probs: Path, manifest: Path, tokens: Tokens) -> "DevelopmentSet":
        """Join log-probabilities and references by utterance id.

        Args:
            log_probs: ``.npz`` keyed by id, as `asr decode --save-log-probs` writes it; it may have more utterances.
            manifest: references, in any form that `asr score` reads.
            tokens: of the model that made the log-probabilities.

        Raises:
            ScoringError: an utterance has no log-probabilities, or the file cannot be read.
            ManifestError: the references cannot be read.
            ShapeError: log-probabilities are not [T, V] for these tokens.
        """
        references = read_transcripts(manifest, "references").texts
        with _opened(log_probs) as arrays:
            if lacking := [name for name in references if name not in arrays]:
                raise ScoringError(
                    f"{log_probs}: has nothing for {len(lacking)} of the {len(references)} utterances of {manifest}, "
                    f"such as {lacking[0]}: save the log-probabilities of this data set"
                )
            found = {name: _checked(arrays[name], tokens, f"{log_probs}: {name}") for name in references}
            return cls(references, found, len(arrays) - len(found))

    def greedy_texts(self, tokens: Tokens) -> Texts:
        """Return what greedy search finds."""
        return {name: greedy(log_probs, tokens).text for name, log_probs in self.log_probs.items()}

    def texts(self, decoder: Decoder, executor: Executor) -> Texts:
        """Return what a search finds; nothing for an utterance whose frames allow no word sequence of its lexicon."""
        return dict(zip(self.log_probs, executor.map(partial(_text, decoder), self.log_probs.values()), strict=True))

    def digest(self) -> str:
        """Return a digest of ids, references and log-probabilities."""
        found = hashlib.sha256()
        for name, log_probs in self.log_probs.items():
            found.update(repr((name, self.references[name], log_probs.shape, str(log_probs.dtype))).encode())
            found.update(np.ascontiguousarray(log_probs).data)
        return found.hexdigest()


@contextmanager
def _opened(path: Path) -> Iterator[Mapping[str, np.ndarray]]:
    try:
        with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            yield arrays
    # An array alone is no context manager.
    except (OSError, EOFError, ValueError, TypeError, zipfile.BadZipFile) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise ScoringError(
            f"{path}: not log-probabilities by utterance id ({reason}): name a .npz of asr decode --save-log-probs"
        ) from error


def _checked(log_probs: np.ndarray, tokens: Tokens, where: str) -> np.ndarray:
    try:
        return check_log_probs(log_probs, tokens)
    except ShapeError as error:
        raise ShapeError(f"{where}: {error}") from None


def _text(decoder: Decoder, log_probs: np.ndarray) -> str:
    try:
        return decoder(log_probs, 1)[0].text
    except UtteranceError:
        return ""
