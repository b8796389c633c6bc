"""How far are the times of words from the truth? Recordings joined with gaps that are known tell.

    python scripts/word_time_errors.py runs/an4 work/an4/test.jsonl

Each recording is cut to its speech (what stands out of its quietest parts for a while), several are joined with gaps of
quiet noise, and the result is aligned with the joined texts. The start of each recording's first word and the end of
its last are known then, whatever lies between. Prints count, median and 90th percentile of the errors, and their median
with its sign, from which a rule that is late or early can be told.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from asr.audio import Waveform
from asr.features import compute_features
from asr.manifest import Utterance, read_manifest
from asr.prepare.blocks import read_utterance
from asr.run import load
from asr.transcribe.alignment import align_text
from asr.transcribe.clock import frame_clock
from asr.transcribe.recognise import SpeechModel

_STEP_S = 0.01
# Speech is louder than the quietest tenth of the recording by the one, and below its loudest step by the other at most,
# in so many of as many steps: a click is not.
_OVER_NOISE_DB, _BELOW_LOUDEST_DB = 10.0, -40.0
_LOUD_STEPS, _OF_STEPS = 6, 8
_SHORTEST_GAP_S, _LONGEST_GAP_S = 0.1, 0.8
_NOISE = 1e-4  # of the gaps; digital silence would be like nothing that the model has heard


class Joined(NamedTuple):
    """Recordings in a row.

    Attributes:
        waveform: [N].
        texts: of each recording.
        spans: start and end of each recording's speech, in seconds.
    """

    waveform: Waveform
    texts: tuple[str, ...]
    spans: tuple[tuple[float, float], ...]


def speech_of(waveform: Waveform, sample_rate_hz: int) -> Waveform:
    """Return a recording from its first step of speech to its last; all of it where there is none."""
    step = round(_STEP_S * sample_rate_hz)
    power = np.square(waveform[: len(waveform) // step * step].reshape(-1, step)).mean(axis=1)
    noise = np.percentile(power, 10)
    loud = power > np.maximum(noise * 10 ** (_OVER_NOISE_DB / 10), power.max() * 10 ** (_BELOW_LOUDEST_DB / 10))
    counts = np.convolve(loud, np.ones(_OF_STEPS))  # of the steps up to each
    firsts = np.flatnonzero(loud & (counts[_OF_STEPS - 1 :] >= _LOUD_STEPS))
    lasts = np.flatnonzero(loud & (counts[: len(loud)] >= _LOUD_STEPS))
    return waveform[firsts[0] * step : (lasts[-1] + 1) * step] if len(firsts) else waveform


def join(parts: Sequence[tuple[Waveform, str]], sample_rate_hz: int, rng: np.random.Generator) -> Joined:
    """Return recordings, each with its text, with gaps of random length before, between and after them."""
    pieces, spans, time = [], [], 0
    for waveform, _ in parts:
        pieces.append(_gap(sample_rate_hz, rng))
        start = time + len(pieces[-1])
        pieces.append(waveform)
        time = start + len(waveform)
        spans.append((start / sample_rate_hz, time / sample_rate_hz))
    pieces.append(_gap(sample_rate_hz, rng))
    return Joined(np.concatenate(pieces), tuple(text for _, text in parts), tuple(spans))


def _gap(sample_rate_hz: int, rng: np.random.Generator) -> Waveform:
    num_samples = round(rng.uniform(_SHORTEST_GAP_S, _LONGEST_GAP_S) * sample_rate_hz)
    return (rng.normal(size=num_samples) * _NOISE).astype(np.float32)


def boundary_errors(model: SpeechModel, joined: Joined) -> np.ndarray:
    """Return found minus true times in seconds, [recordings, 2]: of first words' starts and last words' ends."""
    features = model.config.features
    (log_probs,) = model.log_probs_of_frames([compute_features(joined.waveform, features)])
    clock = frame_clock(model.config, duration=len(joined.waveform) / features.sample_rate_hz)
    words, _, _ = align_text(" ".join(joined.texts), log_probs, model.tokens, clock)
    ends = np.cumsum([len(text.split()) for text in joined.texts])
    starts = [0, *ends[:-1]]
    found = [(words[first].start, words[end - 1].end) for first, end in zip(starts, ends, strict=True)]
    return np.array(found, np.float64) - np.array(joined.spans)


def joined_recordings(
    utterances: Sequence[Utterance], sample_rate_hz: int, num_together: int, seed: int
) -> Iterator[Joined]:
    """Yield all recordings that have a text, in random order, so many at a time."""
    rng = np.random.default_rng(seed)
    order = [utterances[index] for index in rng.permutation(len(utterances)) if utterances[index].text.split()]
    for first in range(0, len(order), num_together):
        chosen = order[first : first + num_together]
        parts = [(speech_of(read_utterance(one, sample_rate_hz), sample_rate_hz), one.text) for one in chosen]
        yield join(parts, sample_rate_hz, rng)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the errors over a manifest."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", metavar="RUN", type=Path)
    parser.add_argument("manifest", metavar="MANIFEST", type=Path)
    parser.add_argument("--together", type=int, default=5, help="recordings that are joined (default: 5)")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(argv)
    model = load(args.model)
    rate = model.config.features.sample_rate_hz
    recordings = joined_recordings(read_manifest(args.manifest), rate, args.together, args.seed)
    errors = np.concatenate([boundary_errors(model, joined) for joined in recordings]) * 1000
    for name, side in zip(("start", "end"), errors.T, strict=True):
        sizes = np.abs(side)
        print(
            f"{name}: {len(side)} words, median error {np.median(sizes):.0f} ms, "
            f"90 % below {np.percentile(sizes, 90):.0f} ms, median with sign {np.median(side):+.0f} ms"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
