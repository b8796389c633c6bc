"""When the frames of a model's output are, from its configuration."""

from asr.config import Config
from asr.decoding.word_times import FrameClock
from asr.features import fft_size
from asr.trained_model import seconds_between_frames


def frame_clock(config: Config, *, start: float = 0.0, duration: float | None = None) -> FrameClock:
    """Return when the output frames of one utterance are.

    A frame of the output stands for the time around the middle of what its first feature frame has seen.

    Args:
        config: of the model.
        start: seconds from the file's start to the utterance's.
        duration: of the utterance, in seconds; None where that is not known.
    """
    seconds_per_frame = seconds_between_frames(config)
    middle = fft_size(config.features) / config.features.sample_rate_hz / 2
    end = None if duration is None else start + duration
    return FrameClock(seconds_per_frame, start + middle - seconds_per_frame / 2, start, end)
