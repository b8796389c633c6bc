"""What a training reports after each epoch: one record, written as a line of ``history.jsonl`` and to TensorBoard."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from asr.files import write_atomically


@dataclass(frozen=True, slots=True)
class Sample:
    """One development utterance as the model hears it now."""

    id: str
    reference: str
    hypothesis: str


@dataclass(frozen=True, slots=True)
class Timing:
    """The only fields in which a resumed run differs from an uninterrupted one."""

    seconds: float
    frames_per_second: float
    data_wait: float  # share of the training time spent waiting for data


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """One epoch.

    Attributes:
        epoch: from 1.
        step: training steps done.
        loss: mean over training utterances, nats, with dropout and masks.
        val_loss: mean over development utterances that CTC can align; None without any.
        wer: greedy, over the development set; None without one, and where the tokens are phones.
        cer: likewise.
        per: phone error rate, likewise; None where the tokens are not phones.
        learning_rate: after the epoch's last step, which is that of the next.
        blank_rate: share of development frames whose best token is the blank.
        samples: three development utterances.
        timing: see `Timing`.
    """

    epoch: int
    step: int
    loss: float
    val_loss: float | None
    wer: float | None
    cer: float | None
    per: float | None
    learning_rate: float
    blank_rate: float | None
    samples: Sequence[Sample]
    timing: Timing

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, as in ``history.jsonl``."""
        return asdict(self)

    @property
    def numbers(self) -> dict[str, float]:
        """The values that can be drawn as a curve."""
        keys = ("loss", "val_loss", "wer", "cer", "per", "learning_rate", "blank_rate")
        values = {key: getattr(self, key) for key in keys} | asdict(self.timing)
        return {key: float(value) for key, value in values.items() if value is not None}


def error_rate(record: dict[str, Any]) -> tuple[str, float] | None:
    """Return the rate that epochs of a history are compared by, and its name for people; None without any."""
    for key in ("wer", "per"):
        if (rate := record.get(key)) is not None:
            return key.upper(), rate
    return None


def write_history(path: Path, records: Sequence[dict[str, Any]]) -> None:
    """Write ``history.jsonl``, atomically."""
    write_atomically(path, "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode())


class TensorBoard:
    """Writes the records of epochs as TensorBoard events.

    TensorFlow 2.21 no longer brings TensorBoard's writer; tensorboardX writes the same files.
    """

    def __init__(self, folder: Path, first_epoch: int) -> None:
        """Open the folder; what an earlier, interrupted run wrote from ``first_epoch`` on is hidden."""
        from tensorboardX import SummaryWriter

        self._writer = SummaryWriter(str(folder), purge_step=first_epoch)

    def write(self, record: EpochRecord) -> None:
        """Write one epoch."""
        for name, value in record.numbers.items():
            self._writer.add_scalar(name, value, record.epoch)
        text = "\n\n".join(f"{s.id}\n\n- {s.reference}\n- {s.hypothesis}" for s in record.samples)
        self._writer.add_text("samples", text, record.epoch)
        self._writer.flush()

    def close(self) -> None:
        """Close the file."""
        self._writer.close()
