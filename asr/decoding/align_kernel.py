"""The compiled part of forced alignment: Viterbi's search over frames and states; see `asr.decoding.align`."""

import numpy as np

from asr.compiled import njit


def best_path(emissions: np.ndarray, classes: np.ndarray, skips: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the state of each frame [T >= 1] on the best path, and its log-probability; -inf where there is none."""
    num_frames, num_states = len(emissions), len(classes)
    block = _block_size(num_frames, num_states)
    kept = np.full((-(-num_frames // block), num_states), -np.inf)
    scores = _forward(emissions, classes, skips, block, kept)
    state = num_states - 1
    if num_states > 1 and scores[-2] > scores[-1]:
        state -= 1
    path = np.empty(num_frames, np.int64)
    moves = np.empty((block, 2 * block + 1), np.uint8)
    last = num_frames - 1
    for index in reversed(range(len(kept))):
        first = index * block  # kept[index] are the scores after this frame
        state = _backward(kept[index], emissions[first + 1 : last + 1], classes, skips, state, path[first:], moves)
        last = first
    return path, float(scores[path[-1]])


def _block_size(num_frames: int, num_states: int) -> int:
    """Return how far apart scores are kept, so that they (8 T S / block bytes) and the moves (2 block ** 2) are few."""
    return max(1, round((2 * num_frames * num_states) ** (1 / 3)))


@njit(cache=True, nogil=True)
def _forward(emissions, classes, skips, block, kept):
    """Fill ``kept`` [T / block, S] with the scores after every ``block``-th frame; return those after the last."""
    num_frames, num_states = len(emissions), len(classes)
    moves = np.empty(num_states, np.uint8)
    scores = np.full(num_states, -np.inf)
    for state in range(min(2, num_states)):
        scores[state] = emissions[0, classes[state]]
    kept[0] = scores
    for frame in range(1, num_frames):
        # The path ends in the last state or in the one before it, so these states cannot lie on it any more.
        low = max(0, num_states - 2 - 2 * (num_frames - 1 - frame))
        _advance(scores, emissions[frame], classes, skips, low, min(num_states, 2 * frame + 2), moves)
        if frame % block == 0:
            kept[frame // block] = scores
    return scores


@njit(cache=True, nogil=True)
def _backward(kept, emissions, classes, skips, state, path, moves):
    """Follow the best path from ``state`` back through a block; return its state in the frame of ``kept``.

    ``emissions`` [N, V] are the frames after that of ``kept``; the path's states go to ``path[: N + 1]``.
    """
    num_frames = len(emissions)
    base = max(0, state - 2 * num_frames)  # no lower state can lead to ``state`` in so many frames
    scores = kept[base : state + 1].copy()
    for frame in range(num_frames):
        low = max(0, state - 2 * (num_frames - 1 - frame) - base)
        _advance(scores, emissions[frame], classes[base:], skips[base:], low, len(scores), moves[frame])
    for frame in range(num_frames - 1, -1, -1):
        path[frame + 1] = state
        state -= int(moves[frame, state - base])
    path[0] = state
    return state


@njit(cache=True, nogil=True)
def _advance(scores, frame, classes, skips, low, high, moves):
    """Bring the scores of states ``low`` to ``high - 1`` one frame on, and note how many states each came up.

    Scores below ``low`` stay those of an earlier frame. They do no harm where ``low`` rises by two a frame, once it
    is above zero: no state looks further down than two.
    """
    for state in range(high - 1, low - 1, -1):
        best, move = scores[state], 0
        if state >= 1 and scores[state - 1] > best:
            best, move = scores[state - 1], 1
        if skips[state] and state >= 2 and scores[state - 2] > best:
            best, move = scores[state - 2], 2
        scores[state] = best + frame[classes[state]]
        moves[state] = move
