"""Slow, readable definitions that the fast code is compared with; nothing here imports what it is compared with."""

import itertools
from collections.abc import Sequence

import numpy as np

from asr.config import FeatureConfig


def log_mel_by_definition(waveform: np.ndarray, config: FeatureConfig) -> np.ndarray:
    """Log-mel energies [T, M] frame by frame in float64: window, Fourier sum, power, mel triangles, natural log."""
    window_size = round(config.window_s * config.sample_rate_hz)
    n_fft = next(2**k for k in range(30) if 2**k >= window_size)
    hop = round(config.hop_s * config.sample_rate_hz)
    margin = (n_fft - window_size) // 2
    window = np.zeros(n_fft)
    window[margin : margin + window_size] = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window_size) / window_size)
    bins = np.arange(n_fft // 2 + 1)
    fourier = np.exp(-2j * np.pi * np.outer(bins, np.arange(n_fft)) / n_fft)
    filters = mel_filters_by_definition(bins * config.sample_rate_hz / n_fft, config)
    starts = range(0, len(waveform) - n_fft + 1, hop)
    power = [np.abs(fourier @ (window * waveform[start : start + n_fft].astype(np.float64))) ** 2 for start in starts]
    return np.log(np.maximum([filters @ frame for frame in power], 1e-10))


def mel_filters_by_definition(bin_hz: np.ndarray, config: FeatureConfig) -> np.ndarray:
    """Slaney's triangles [M, bins]: edges evenly spaced in mel, each of area one over hertz."""
    edges = mel_to_hz(np.linspace(hz_to_mel(config.min_hz), hz_to_mel(config.max_hz), config.num_mels + 2))
    filters = np.zeros((config.num_mels, len(bin_hz)))
    for m, (low, centre, high) in enumerate(zip(edges, edges[1:], edges[2:], strict=False)):
        rising, falling = (bin_hz - low) / (centre - low), (high - bin_hz) / (high - centre)
        filters[m] = np.maximum(0, np.minimum(rising, falling)) * 2 / (high - low)
    return filters


def hz_to_mel(hz: float) -> float:
    """Slaney's scale: 15 mels to 1000 Hz in a line, then 27 for each factor of 6.4."""
    return hz * 3 / 200 if hz < 1000 else 15 + 27 * np.log(hz / 1000) / np.log(6.4)


def mel_to_hz(mels: np.ndarray) -> np.ndarray:
    """The inverse of `hz_to_mel`."""
    return np.where(mels < 15, mels * 200 / 3, 1000 * 6.4 ** ((mels - 15) / 27))


def delta_by_definition(frames: np.ndarray, width: int = 9) -> np.ndarray:
    """First derivative [T, F]: slope of the straight line fitted to ``width`` frames, at the ends to the last nine."""
    num_frames, half = len(frames), width // 2
    slopes = np.zeros_like(frames, dtype=np.float64)
    for t in range(num_frames):
        start = min(max(t - half, 0), num_frames - width)
        slopes[t] = np.polyfit(np.arange(width), frames[start : start + width], 1)[0]
    return slopes


def ctc_loss_by_enumeration(log_probs: np.ndarray, labels: list[int]) -> float:
    """CTC's definition in O(V**T): minus the log of the sum over every path that collapses to ``labels``."""
    num_frames, num_classes = log_probs.shape
    paths = itertools.product(range(num_classes), repeat=num_frames)
    hits = [log_probs[range(num_frames), p].sum() for p in paths if collapse_by_definition(p) == labels]
    return -float(np.logaddexp.reduce(hits, initial=-np.inf))


def ctc_by_definition(logits: np.ndarray, labels: Sequence[int]) -> tuple[float, np.ndarray]:
    """Loss and its gradient by the logits [T, V] of one utterance: Graves et al. 2006, in float64, probabilities."""
    states = [0]
    for label in labels:
        states += [int(label), 0]
    probs = np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))
    alpha = _ctc_forward(probs, states)
    beta = _ctc_forward(probs[::-1], states[::-1])[::-1, ::-1]
    joint = alpha * beta / probs[:, states]  # both count the probability of their own frame
    posterior = np.zeros_like(probs)
    for state, label in enumerate(states):
        posterior[:, label] += joint[:, state] / joint.sum(axis=1)
    return -float(np.log(joint[0].sum())), probs - posterior


def _ctc_forward(probs: np.ndarray, states: Sequence[int]) -> np.ndarray:
    """Probability [T, S] of all paths that begin at one of the first two states and are at s in frame t."""
    alpha = np.zeros((len(probs), len(states)))
    alpha[0, :2] = probs[0, states[:2]]
    for t, s in itertools.product(range(1, len(probs)), range(len(states))):
        may_skip = s > 1 and states[s] != 0 and states[s] != states[s - 2]
        alpha[t, s] = probs[t, states[s]] * alpha[t - 1, max(s - 1 - may_skip, 0) : s + 1].sum()
    return alpha


def collapse_by_definition(path: tuple[int, ...]) -> list[int]:
    """Repeats become one, then blanks (0) go."""
    return [label for label, _ in itertools.groupby(path) if label != 0]


def random_log_probs(seed: int, num_frames: int, num_classes: int, sharpness: float = 2.0) -> np.ndarray:
    """Random log-probabilities [T, V]; the larger ``sharpness``, the surer each frame."""
    logits = sharpness * np.random.default_rng(seed).normal(size=(num_frames, num_classes))
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)


def log_probs_of_texts_by_enumeration(log_probs: np.ndarray, labels: Sequence[str]) -> dict[str, float]:
    """CTC's definition in O(V**T): each path counts for the words that it spells; no impossible ones."""
    num_frames, num_classes = log_probs.shape
    totals: dict[str, float] = {}
    for path in itertools.product(range(num_classes), repeat=num_frames):
        text = " ".join("".join(labels[label] for label in collapse_by_definition(path)).split())
        totals[text] = np.logaddexp(totals.get(text, -np.inf), log_probs[range(num_frames), path].sum())
    return {text: float(total) for text, total in totals.items() if total > -np.inf}


def prefix_beam_search_by_definition(log_probs: np.ndarray, labels: Sequence[str], beam_size: int) -> dict[str, float]:
    """Hannun et al., algorithm 1, with a dictionary: a prefix is a text, kept without leading or doubled spaces."""
    beam = {"": (0.0, -np.inf)}  # log-probability of paths that end in a blank, and of those that do not
    for frame in log_probs:
        longer: dict[str, tuple[float, float]] = {}
        for text, (blank, label) in beam.items():
            both = np.logaddexp(blank, label)
            _add(longer, text, both + frame[0], -np.inf)
            for character, log_prob in zip(labels[1:], frame[1:], strict=True):
                if character == " " and text in ("", text.rstrip() + " "):
                    _add(longer, text, -np.inf, both + log_prob)
                elif text.endswith(character):
                    _add(longer, text, -np.inf, label + log_prob)
                    _add(longer, text + character, -np.inf, blank + log_prob)
                else:
                    _add(longer, text + character, -np.inf, both + log_prob)
        ranked = sorted(longer.items(), key=lambda item: np.logaddexp(*item[1]), reverse=True)
        beam = dict(ranked[:beam_size])
    texts: dict[str, float] = {}
    for text, ends in beam.items():
        texts[text.rstrip()] = np.logaddexp(texts.get(text.rstrip(), -np.inf), np.logaddexp(*ends))
    return {text: float(total) for text, total in texts.items()}


def _add(beam: dict[str, tuple[float, float]], text: str, blank: float, label: float) -> None:
    old_blank, old_label = beam.get(text, (-np.inf, -np.inf))
    if max(blank, label) > -np.inf:
        beam[text] = (np.logaddexp(old_blank, blank), np.logaddexp(old_label, label))
