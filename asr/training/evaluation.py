"""How well the model does on the development set: loss, greedy transcripts, error rates of words, letters or phones."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from asr.batches import FILLER, Batch, BatchPlan, plan_in_order
from asr.decoding.greedy import greedy
from asr.errors import UtteranceError
from asr.model import output_lengths
from asr.scoring.counts import count_all_errors
from asr.tokens import BLANK, Tokens
from asr.training.engine import Engine
from asr.training.history import Sample
from asr.training.prefetch import Prefetch
from asr.training.setup import Setup

_NUM_SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures of one pass over the development set; None where it is empty or a rate is undefined.

    Attributes:
        loss: mean over the utterances that CTC can align, nats.
        wer: of greedy transcripts; None where they are phones.
        cer: likewise.
        per: phone error rate of greedy transcripts against first pronunciations, of the utterances that can be
            pronounced; None where they are words.
        blank_rate: share of frames whose best token is the blank.
        samples: the first utterances of the set.
    """

    loss: float | None
    wer: float | None
    cer: float | None
    per: float | None
    blank_rate: float | None
    samples: tuple[Sample, ...]


def evaluate(engine: Engine, setup: Setup) -> Evaluation:
    """Decode and score the development set with the model as it is."""
    examples = setup.dev.examples
    losses = np.zeros(len(examples))
    texts: dict[int, str] = {}
    blanks = frames = 0
    for batch, batch_losses, log_probs in _outputs(engine, setup):
        ends = output_lengths(setup.config.model, batch.lengths)
        for row, index in enumerate(batch.rows):
            if index == FILLER:
                continue
            utterance = log_probs[row, : ends[row]]
            losses[index] = batch_losses[row]
            texts[index] = greedy(utterance, setup.tokens).text
            blanks += int((utterance.argmax(axis=1) == BLANK).sum())
            frames += len(utterance)
    references = [_reference(example.text, setup.tokens) for example in examples]
    pairs = [(reference, texts[index]) for index, reference in enumerate(references) if reference is not None]
    counts = count_all_errors([pair[0] for pair in pairs], [pair[1] for pair in pairs])
    phones = setup.tokens.kind == "phones"
    alignable = [index for index, example in enumerate(examples) if example.labels is not None]
    return Evaluation(
        loss=float(losses[alignable].mean()) if alignable else None,
        wer=None if phones else counts.wer,
        cer=None if phones else counts.cer,
        per=counts.wer if phones else None,
        blank_rate=blanks / frames if frames else None,
        samples=tuple(
            Sample(example.id, example.text if reference is None else reference, texts[index])
            for index, (example, reference) in enumerate(zip(examples[:_NUM_SAMPLES], references, strict=False))
        ),
    )


def _reference(text: str, tokens: Tokens) -> str | None:
    """Return what a greedy transcript should be: the words, or their phones; None when they cannot be pronounced."""
    if tokens.kind != "phones":
        return tokens.normaliser(text)
    try:
        return tokens.decode(tokens.encode(text))
    except UtteranceError:
        return None


def _outputs(engine: Engine, setup: Setup) -> Iterator[tuple[Batch, np.ndarray, np.ndarray]]:
    """Yield each development batch with its losses and log-probabilities."""
    batches: Prefetch[BatchPlan, Batch] = Prefetch(setup.dev.batch, plan_in_order(setup.dev_buckets))
    for batch in batches:
        yield batch, *engine.evaluate(batch)
