"""Two models of one run beside each other: do they say the same, how fast is each, what do integers cost."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from asr.cores import num_cores
from asr.decoding.greedy import greedy
from asr.decoding.hypothesis import Hypothesis
from asr.errors import AudioError, UtteranceError
from asr.features import Frames
from asr.scoring.score import score
from asr.trained_model import TrainedModel, log_softmax
from asr.transcribe.data_set import Example, read_data_set

_MOST_SAMPLES = 20  # where nobody has named a data set
_NOISE_SECONDS = (1.3, 2.0, 3.7)


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One utterance.

    Attributes:
        id: what it is called.
        frames: [T, F], not normalised.
        duration: seconds.
        reference: what was said, where that is known.
        is_noise: whether it was made for want of speech.
    """

    id: str
    frames: Frames
    duration: float
    reference: str | None = None
    is_noise: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two models make of the same utterances.

    Attributes:
        num_utterances: how many there were.
        largest_difference: between two logits.
        num_other_texts: utterances with another text.
        word_error_rates: of the first and of the second model; None where no reference is known, or what the search
            finds is no words.
        real_time_factors: seconds of network a second of audio, of both; frames are computed before.
        on_noise: whether the utterances were made for want of speech.
    """

    num_utterances: int
    largest_difference: float
    num_other_texts: int
    word_error_rates: tuple[float | None, ...]
    real_time_factors: tuple[float, float]
    on_noise: bool


def samples(run: TrainedModel, data_set: Path | None) -> list[Sample]:
    """Return the utterances of a manifest or of shards; where none is named, some of the run's own, or noise.

    Raises:
        ManifestError: there is no utterance in the data set.
        AudioError, UtteranceError: one of its utterances cannot be used; it is named.
    """
    if data_set is not None:
        return [_sample(one) for one in read_data_set(data_set, run.config.features, run.frames)]
    for folder in run.config.data.dev:
        if Path(folder).is_dir():
            examples = read_data_set(Path(folder), run.config.features)
            return [_sample(one) for one in examples[:: max(1, -(-len(examples) // _MOST_SAMPLES))]]
    return noise_samples(run)


def noise_samples(run: TrainedModel) -> list[Sample]:
    """Return bursts of noise between silences, of several lengths: what can be compared where there is no speech."""
    rate = run.config.features.sample_rate_hz
    found = []
    for seconds in _NOISE_SECONDS:
        rng = np.random.default_rng(len(found))
        bursts = np.repeat(rng.uniform(0.0, 0.5, round(seconds * 10)), rate // 10)
        waveform = (bursts * rng.normal(size=len(bursts))).astype(np.float32)
        found.append(Sample(f"noise of {seconds} s", run.frames(waveform), seconds, is_noise=True))
    return found


def compare(
    first: TrainedModel,
    second: TrainedModel,
    samples: Sequence[Sample],
    search: Callable[[np.ndarray], Sequence[Hypothesis]] | None = None,
) -> Comparison:
    """Return what two models make of the same utterances, at least one.

    Args:
        first: a model.
        second: one with the same tokens.
        samples: the utterances.
        search: log-probabilities to hypotheses, best first; None: greedy search.
    """
    frames = [sample.frames for sample in samples]
    (logits, seconds), (other_logits, other_seconds) = _timed(first, frames), _timed(second, frames)
    find = search or (lambda log_probs: [greedy(log_probs, first.tokens)])
    texts, other_texts = _texts(find, logits), _texts(find, other_logits)
    has_words = search is not None or first.tokens.kind != "phones"
    audio_seconds = sum(sample.duration for sample in samples)
    return Comparison(
        num_utterances=len(samples),
        largest_difference=max(_difference(*both) for both in zip(logits, other_logits, strict=True)),
        num_other_texts=sum(a != b for a, b in zip(texts, other_texts, strict=True)),
        word_error_rates=_word_error_rates(samples, texts, other_texts) if has_words else (None, None),
        real_time_factors=(seconds / audio_seconds, other_seconds / audio_seconds),
        on_noise=samples[0].is_noise,
    )


def _texts(find: Callable[[np.ndarray], Sequence[Hypothesis]], logits: Sequence[np.ndarray]) -> list[str]:
    """Return the best text of each utterance; a search does not hold Python's lock."""
    with ThreadPoolExecutor(num_cores()) as pool:
        return [found[0].text for found in pool.map(find, map(log_softmax, logits))]


def _sample(example: Example) -> Sample:
    name = example.recording.id
    try:
        return Sample(name, example.recording.load(), example.duration, example.reference)
    except (AudioError, UtteranceError) as error:
        raise type(error)(f"{name}: {error}") from error


def _word_error_rates(samples: Sequence[Sample], *found: Sequence[str]) -> tuple[float | None, ...]:
    """Return the word error rate of each list of texts over the utterances whose reference is known."""
    references = {sample.id: sample.reference for sample in samples if sample.reference is not None}
    hypotheses = ({sample.id: text for sample, text in zip(samples, texts, strict=True)} for texts in found)
    return tuple(score(references, one).wer if references else None for one in hypotheses)


def _difference(logits: np.ndarray, others: np.ndarray) -> float:
    return float(np.abs(logits - others).max(initial=0.0))


def _timed(model: TrainedModel, frames: Sequence[Frames]) -> tuple[list[np.ndarray], float]:
    model.logits_of_frames(frames[:1])  # what is compiled or loaded at first does not count
    start = time.perf_counter()
    logits = model.logits_of_frames(frames)
    return logits, time.perf_counter() - start
