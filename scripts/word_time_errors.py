"""How far are the times of words from the truth? Recordings joined with gaps that are known tell.

    python scripts/word_time_errors.py runs/an4 work/an4/test.jsonl

Each recording is cut to its speech (what stands out of its quietest parts for a while), several are joined with gaps of
quiet noise, and the result is aligned with the joined texts. The start of each recording's first word and the end of
its last are known then, whatever lies between. The gaps are of one noise, quieter than what is around the speech of the
recordings; with ``--own-noise`` they are of each recording's own, so that nothing but speech begins where one does.
Prints count, median and 90th percentile of the errors, and their median with its sign, from which a rule that is late
or early can be told.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from asr.audio import Waveform
from asr.decoding.silences import silences
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
_OWN_NOISE_S = 0.1  # the quietest so long of a recording is what its own gaps repeat


class Part(NamedTuple):
    """One recording to be joined with others.

    Attributes:
        speech: [N].
        text: what is said.
        noise: [M], what the gaps beside it repeat; None: the noise that is the same for all.
    """

    speech: Waveform
    text: str
    noise: Waveform | None


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


def quietest_of(waveform: Waveform, sample_rate_hz: int) -> Waveform:
    """Return the quietest tenth of a second of a recording."""
    length = min(len(waveform), round(_OWN_NOISE_S * sample_rate_hz))
    energy = np.cumsum(np.append(0.0, np.square(waveform, dtype=np.float64)))
    first = int(np.argmin(energy[length:] - energy[: len(energy) - length]))
    return waveform[first : first + length]


def join(parts: Sequence[Part], sample_rate_hz: int, rng: np.random.Generator) -> Joined:
    """Return recordings, each with its text, with gaps of random length before, between and after them."""
    pieces, spans, time = [], [], 0
    for before, part in zip([parts[0], *parts[:-1]], parts, strict=True):
        pieces.append(_gap(before.noise, part.noise, sample_rate_hz, rng))
        start = time + len(pieces[-1])
        pieces.append(part.speech)
        time = start + len(part.speech)
        spans.append((start / sample_rate_hz, time / sample_rate_hz))
    pieces.append(_gap(parts[-1].noise, parts[-1].noise, sample_rate_hz, rng))
    return Joined(np.concatenate(pieces), tuple(part.text for part in parts), tuple(spans))


def _gap(before: Waveform | None, after: Waveform | None, sample_rate_hz: int, rng: np.random.Generator) -> Waveform:
    """Return a gap of random length: one half of the noise before it, one of that after it."""
    num_samples = round(rng.uniform(_SHORTEST_GAP_S, _LONGEST_GAP_S) * sample_rate_hz)
    if before is None or after is None:
        return (rng.normal(size=num_samples) * _NOISE).astype(np.float32)
    half = num_samples // 2
    return np.concatenate([_repeated(before, half), _repeated(after, num_samples - half)[::-1]])


def _repeated(noise: Waveform, num_samples: int) -> Waveform:
    """Return so many samples of a noise that is played forwards and backwards by turns."""
    return np.pad(noise, (0, num_samples), mode="symmetric")[:num_samples]


def boundary_errors(model: SpeechModel, joined: Joined) -> np.ndarray:
    """Return found minus true times in seconds, [recordings, 2]: of first words' starts and last words' ends."""
    features = model.config.features
    frames = compute_features(joined.waveform, features)
    (log_probs,) = model.log_probs_of_frames([frames])
    clock = frame_clock(model.config, duration=len(joined.waveform) / features.sample_rate_hz)
    words, _, _ = align_text(" ".join(joined.texts), log_probs, model.tokens, clock, silences(frames, model.config))
    ends = np.cumsum([len(text.split()) for text in joined.texts])
    starts = [0, *ends[:-1]]
    found = [(words[first].start, words[end - 1].end) for first, end in zip(starts, ends, strict=True)]
    return np.array(found, np.float64) - np.array(joined.spans)


def joined_recordings(
    utterances: Sequence[Utterance], sample_rate_hz: int, num_together: int, seed: int, *, own_noise: bool
) -> Iterator[Joined]:
    """Yield all recordings that have a text, in random order, so many at a time."""
    rng = np.random.default_rng(seed)
    order = [utterances[index] for index in rng.permutation(len(utterances)) if utterances[index].text.split()]
    for first in range(0, len(order), num_together):
        chosen = order[first : first + num_together]
        yield join([_part(one, sample_rate_hz, own_noise) for one in chosen], sample_rate_hz, rng)


def _part(utterance: Utterance, sample_rate_hz: int, own_noise: bool) -> Part:
    waveform = read_utterance(utterance, sample_rate_hz)
    noise = quietest_of(waveform, sample_rate_hz) if own_noise else None
    return Part(speech_of(waveform, sample_rate_hz), utterance.text, noise)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the errors over a manifest."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", metavar="RUN", type=Path)
    parser.add_argument("manifest", metavar="MANIFEST", type=Path)
    parser.add_argument("--together", type=int, default=5, help="recordings that are joined (default: 5)")
    parser.add_argument("--own-noise", action="store_true", help="gaps of the recordings' own noise")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(argv)
    model = load(args.model)
    rate = model.config.features.sample_rate_hz
    utterances = read_manifest(args.manifest)
    recordings = joined_recordings(utterances, rate, args.together, args.seed, own_noise=args.own_noise)
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
