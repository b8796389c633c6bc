"""Where the true frames of a batch lie, and who does what with them.

Rows of a batch lie in two layouts: padded, [B * T, ·], as the model's layers hand them on, and packed, [N, ·], the true
frames of utterance 0, then those of utterance 1, ... A block is a run of consecutive frames of one utterance: its first
row in either layout and its number of rows.
"""

from dataclasses import dataclass

import numpy as np

from asr.errors import ShapeError
from asr.layers.native.threads import num_threads

_BLOCK_ROWS = 64  # few enough to stay in a core's cache, enough to read a packed matrix seldom
_FEWEST_ROWS = 4  # of a product in the recurrence: below, reading the weights takes longer than using them


@dataclass(frozen=True)
class Packing:
    """Of B utterances with N true frames.

    Attributes:
        lengths: [B] int64.
        offsets: [B] first packed row of each utterance.
        blocks: [K, 3] first padded row, first packed row, number of rows.
    """

    lengths: np.ndarray
    offsets: np.ndarray
    blocks: np.ndarray

    @classmethod
    def of(cls, lengths: np.ndarray, frames: int) -> "Packing":
        """Return the packing of utterances that are padded to ``frames``.

        Raises:
            ShapeError: a length is negative or above ``frames``; compiled loops check nothing.
        """
        lengths = np.asarray(lengths, np.int64)
        if len(lengths) and not 0 <= lengths.min() <= lengths.max() <= frames:
            raise ShapeError(
                f"lengths of a recurrent layer: {lengths.tolist()}: must be from 0 to {frames}, the frames"
            )
        offsets = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
        blocks = [
            (utterance * frames + first, offsets[utterance] + first, min(_BLOCK_ROWS, length - first))
            for utterance, length in enumerate(lengths)
            for first in range(0, length, _BLOCK_ROWS)
        ]
        return cls(lengths, offsets, np.array(blocks, np.int64).reshape(-1, 3))

    @property
    def num_rows(self) -> int:
        """N."""
        return int(self.lengths.sum())

    @property
    def padded_rows(self) -> np.ndarray:
        """[N] where each packed row is in the padded layout."""
        return np.concatenate([self.blocks[:0, 0], *(first + np.arange(count) for first, _, count in self.blocks)])

    @property
    def pieces(self) -> list[np.ndarray]:
        """The blocks in as many parts of nearly equal work as there are threads."""
        done = np.cumsum(self.blocks[:, 2])
        shares = self.num_rows * np.arange(1, num_threads()) / num_threads()
        return [piece for piece in np.split(self.blocks, np.searchsorted(done, shares)) if len(piece)]

    def groups(self, directions: int) -> list[np.ndarray]:
        """Return the utterances by falling length, dealt to the threads that a direction has."""
        order = np.argsort(-self.lengths, kind="stable")
        count = max(1, min(num_threads() // directions, len(order) // _FEWEST_ROWS))
        return [np.ascontiguousarray(order[first::count]) for first in range(count)]
