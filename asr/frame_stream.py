"""Features of sound that comes in portions: the same frames as of the whole, whatever the portions are."""

import numpy as np

from asr.audio import Waveform
from asr.features import DELTA_WIDTH, Frames, FrontEnd, check_length, fft_size, hop_size
from asr.spectral import delta


class FrameStream:
    """The frames of one recording as its samples come; all of them together are those of `FrontEnd.frames`.

    Frames with deltas come ``DELTA_WIDTH // 2`` frames later than those without, as deltas look ahead.

    stream = FrameStream(front_end)
    for block in blocks:
        frames = stream.feed(block)
    frames = stream.end()
    """

    def __init__(self, front_end: FrontEnd) -> None:
        """Start a recording."""
        self._front_end = front_end
        self._size, self._hop = fft_size(front_end.config), hop_size(front_end.config)
        self._samples = np.zeros(0, np.float32)
        self._num_samples = 0
        # Without deltas, and as many of those given out already as the deltas of the next ones look back at.
        self._static = np.zeros((0, front_end.config.num_features // (1 + front_end.config.deltas)), np.float32)
        self._num_given = 0  # of the frames in `_static`

    def feed(self, waveform: Waveform) -> Frames:
        """Take samples [n] and return the frames [t, F], not normalised, that are complete by now; t may be 0."""
        self._samples = np.concatenate([self._samples, np.asarray(waveform, np.float32)])
        self._num_samples += len(waveform)
        count = max(0, 1 + (len(self._samples) - self._size) // self._hop)
        if count:
            new = self._front_end.static_frames(self._samples[: (count - 1) * self._hop + self._size])
            self._samples = self._samples[count * self._hop :]
            self._static = np.concatenate([self._static, new])
        return self._given_out(len(self._static) - DELTA_WIDTH // 2 if self._front_end.config.deltas else None)

    def end(self) -> Frames:
        """Return the frames that are left.

        Raises:
            UtteranceError: the recording is shorter than a frame.
        """
        check_length(self._num_samples, self._front_end.config)
        return self._given_out(None)

    def _given_out(self, stop: int | None) -> Frames:
        """Return the frames up to ``stop``, where that can be told; what their deltas need was kept."""
        config = self._front_end.config
        stop = len(self._static) if stop is None else stop
        if stop <= self._num_given or (config.deltas and stop < len(self._static) < DELTA_WIDTH):
            return np.zeros((0, config.num_features), np.float32)
        orders = [delta(self._static, order, DELTA_WIDTH) for order in range(1, config.deltas + 1)]
        found = np.concatenate([self._static, *orders], axis=1)[self._num_given : stop]
        kept = max(0, stop - (DELTA_WIDTH if config.deltas else 0))
        self._static, self._num_given = self._static[kept:], stop - kept
        return found
