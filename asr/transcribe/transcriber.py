"""Sound files in, transcripts out."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from asr.audio import read_audio
from asr.decoding.annotate import annotate
from asr.decoding.calibration import load_calibration
from asr.decoding.greedy import greedy
from asr.decoding.hypothesis import Hypothesis
from asr.errors import AsrError, ConfigError, TranscriptionError, UtteranceError
from asr.features import Frames
from asr.transcribe.clock import frame_clock
from asr.transcribe.recognise import AudioModel, Failure, Recognised, Recording, recognise
from asr.transcribe.transcript import Segment, Transcript

if TYPE_CHECKING:
    from asr.decoding.decode import Decoder
    from asr.decoding.rescoring import RescoringDecoder

LANGUAGE = "en"  # the recipes' corpora are English; so is whatever was trained by them


class Transcriber:
    """A trained model that turns sound files into text.

        transcriber = Transcriber("runs/an4")
        print(transcriber("talk.flac").text)

    Attributes:
        model: the model.
        beam_size: prefixes that the search keeps; 1 is greedy search.
    """

    def __init__(
        self,
        model: str | Path | AudioModel | None = None,
        *,
        beam_size: int | None = None,
        search: "Decoder | RescoringDecoder | None" = None,
        runtime: Literal["onnx", "int8", "keras"] | None = None,
        threads: int | None = None,
    ) -> None:
        """Load the model.

        Args:
            model: a run folder, or what `asr.load` made of one.
            beam_size: default: what the run's config says; not used where there is a search.
            search: with a language model, a lexicon, hotwords, or any settings, over the model's tokens.
            runtime: what computes the model of a folder; None: onnx where ``asr export`` has made a model, else keras.
            threads: of ONNX Runtime; None: one a core.

        Raises:
            TranscriptionError: no model is named; none is packaged yet.
            RunError: the folder is not a run with weights.
            ConfigError: ``beam_size`` is below 1.
        """
        if model is None:
            raise TranscriptionError("no model: name a run folder of asr train (-m); none comes with this release")
        if beam_size is not None and beam_size < 1:
            raise ConfigError(f"beam_size = {beam_size}: keep at least 1 prefix")
        self.model = _load(model, runtime, threads) if isinstance(model, str | Path) else model
        self.beam_size = search.settings.beam_size if search else beam_size or self.model.config.decode.beam_size
        self._search = search or self._plain_search()
        self._calibration = load_calibration(self.model.folder)

    def __call__(self, audio: str | Path) -> Transcript:
        """Return the transcript of one sound file: any format that libsndfile reads, any rate, channels mixed.

        Raises:
            AudioError: the file cannot be read.
            UtteranceError: it is shorter than a frame.
        """
        transcript = next(self.transcribe_all([audio]))
        if isinstance(transcript, AsrError):
            raise transcript
        return transcript

    def transcribe_all(self, audios: Sequence[str | Path]) -> Iterator[Transcript | Failure]:
        """Yield the transcript of each sound file, in order, or what went wrong with it; faster than one by one."""
        durations: dict[str, float] = {}
        recordings = [Recording(str(audio), partial(self._frames, str(audio), durations)) for audio in audios]
        for recording, found in recognise(self.model, recordings):
            if isinstance(found, Recognised):
                yield self._transcribed(recording.id, durations[recording.id], found)
            else:
                yield found

    def _plain_search(self) -> Callable[[np.ndarray], list[Hypothesis]]:
        """Return the search without a language model; only one that keeps several prefixes loads compiled code."""
        tokens = self.model.tokens
        if self.beam_size == 1:
            return lambda log_probs: [greedy(log_probs, tokens)]
        from asr.decoding.decode import transcribe_log_probs

        return partial(transcribe_log_probs, tokens=tokens, beam_size=self.beam_size)

    def _frames(self, audio: str, durations: dict[str, float]) -> Frames:
        """Read a file, note its duration, and return its frames."""
        features = self.model.config.features
        waveform = read_audio(Path(audio), sample_rate_hz=features.sample_rate_hz)
        durations[audio] = len(waveform) / features.sample_rate_hz
        return self.model.frames(waveform)

    def _transcribed(self, audio: str, duration: float, found: Recognised) -> Transcript | Failure:
        try:
            hypotheses = self._search(found.log_probs)
        except UtteranceError as error:  # a lexicon may leave nothing that the frames could be
            return error
        clock = frame_clock(self.model.config, duration=duration)
        best = annotate(hypotheses, found.log_probs, self.model.tokens, clock, self._calibration, found.silences)
        segments = (Segment(0, 0.0, duration, best.text, best.words),) if best.text else ()
        return Transcript(audio, duration, best.text, segments, LANGUAGE, str(self.model.folder))


def _load(folder: str | Path, runtime: str | None, threads: int | None) -> AudioModel:
    from asr.run import load_for

    return load_for(folder, runtime, threads)
