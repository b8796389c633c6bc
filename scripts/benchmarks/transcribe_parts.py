"""What `asr transcribe FILE` does until there is text, step by step, with the time that each step takes.

    python transcribe_parts.py FILE.wav MODEL LM|none STARTED

STARTED is the machine's monotonic clock when the process was asked for. Prints JSON: seconds by part, by the clock and
on the processor.
"""

import gc
import json
import sys
import time
from pathlib import Path


class Laps:
    """Times between one step and the next."""

    def __init__(self, started: float) -> None:
        """Begin at a time of the monotonic clock, before which this process was not."""
        self.parts: dict[str, tuple[float, float]] = {}
        self._last = (started, 0.0)

    def end(self, part: str) -> None:
        """Say which part ends here."""
        now = time.monotonic(), time.process_time()
        self.parts[part] = (now[0] - self._last[0], now[1] - self._last[1])
        self._last = now


def main() -> None:
    """Transcribe one file, and print the parts."""
    audio, folder, lm, started = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], float(sys.argv[4])
    laps = Laps(started)
    laps.end("python")
    gc.disable()  # as the command does while it loads
    import numpy as np
    import onnxruntime  # noqa: F401

    import asr.cli.transcribe  # noqa: F401  # whatever the command itself imports
    from asr.decoding.annotate import annotate
    from asr.decoding.calibration import load_calibration
    from asr.decoding.greedy import greedy
    from asr.decoding.silences import silences
    from asr.run import load_for
    from asr.transcribe.clock import frame_clock
    from asr.transcribe.source import Source

    laps.end("imports")
    model = load_for(folder, "onnx")
    laps.end("model")
    search = None
    if lm != "none":
        from asr.decoding.decode import Decoder
        from asr.decoding.lm import LanguageModel
        from asr.decoding.settings import UNTUNED_SETTINGS, load_settings

        laps.end("imports of the search")
        language_model = LanguageModel(lm)
        laps.end("language model")
        search = Decoder(model.tokens, load_settings(folder, UNTUNED_SETTINGS), lm=language_model)
        search(np.full((1, len(model.tokens)), -np.log(len(model.tokens))), 1)  # loads the compiled functions
        laps.end("search made ready")
    frames = model.frames(Source.of(audio).read(model.config.features.sample_rate_hz))
    laps.end("features")
    (log_probs,) = model.log_probs_of_frames([frames])
    laps.end("network")
    hypotheses = search(log_probs) if search else [greedy(log_probs, model.tokens)]
    clock, calibration = frame_clock(model.config), load_calibration(folder)
    annotate(hypotheses, log_probs, model.tokens, clock, calibration, silences(frames, model.config))
    laps.end("search and times")
    print(json.dumps(laps.parts))


if __name__ == "__main__":
    main()
