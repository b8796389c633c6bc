"""Sound files in, transcripts out."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Executor, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import groupby
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Literal, NamedTuple, Self, TypeAlias, TypeVar

import numpy as np

from asr.audio_blocks import resampled
from asr.decoding.annotate import annotate
from asr.decoding.calibration import load_calibration
from asr.decoding.greedy import GreedyDecoder
from asr.decoding.hypothesis import Word
from asr.decoding.settings import COMMAND_SETTINGS, UNTUNED_SETTINGS, language_model_file, load_settings
from asr.decoding.single_text import refuse_single_text
from asr.errors import AsrError, AudioError, ConfigError, TranscriptionError, UtteranceError
from asr.features import Frames
from asr.packaged import find_model, model_name
from asr.transcribe.ahead import ahead
from asr.transcribe.clock import frame_clock
from asr.transcribe.lengths import is_longer
from asr.transcribe.listening import WindowModel
from asr.transcribe.long import load_endpoint, transcribe_long
from asr.transcribe.recognise import Failure, Recognised, Recording, recognise
from asr.transcribe.running import Decoding
from asr.transcribe.segments import MAX_SECONDS, segments_of
from asr.transcribe.source import Source
from asr.transcribe.stream import StreamUpdate, TextStream, checked, in_portions
from asr.transcribe.transcript import Transcript

if TYPE_CHECKING:
    from asr.decoding.decode import Decoder
    from asr.decoding.rescoring import RescoringDecoder

Search: TypeAlias = "Decoder | RescoringDecoder | GreedyDecoder"
Part = TypeVar("Part")

LANGUAGE = "en"  # the recipes' corpora are English; so is whatever was trained by them


class _Loaded(NamedTuple):
    """A source with its frames and its length in seconds, or with what went wrong."""

    source: Source
    frames: Frames | Failure
    duration: float = 0.0
    is_silent: bool = False  # all samples are zero

    def load(self) -> Frames:
        if isinstance(self.frames, np.ndarray):
            return self.frames
        raise self.frames


class Transcriber:
    """A trained model that turns sound files into text.

        with Transcriber("runs/an4") as transcriber:
            print(transcriber("talk.flac").text)

    Any number of threads may call one transcriber at the same time. Without ``with``, model and search are there as
    long as the transcriber.

    Attributes:
        beam_size: prefixes that the search keeps; 1 is greedy search.
    """

    def __init__(
        self,
        model: str | Path | WindowModel | None = None,
        *,
        beam_size: int | None = None,
        search: "Search | None" = None,
        runtime: Literal["onnx", "int8", "keras"] | None = None,
        threads: int | None = None,
        max_segment_seconds: float = MAX_SECONDS,
    ) -> None:
        """Load the model.

        Args:
            model: a packaged model's name, a run folder, or what `asr.load` made of one; None: the packaged model that
                is used where none is named.
            beam_size: default: what was tuned with the run's own language model, where it has one, else what its config
                says; 1 is greedy search, without a language model. Not used where there is a search.
            search: with a language model, a lexicon, hotwords, or any settings, over the model's tokens; None: that of
                the commands, with the run's own language model, if any.
            runtime: what computes the model of a folder; None: onnx where ``asr export`` has made a model, else keras.
            threads: of ONNX Runtime; None: one a core.
            max_segment_seconds: longest segment of a transcript, unless a single word is longer.

        Raises:
            RunError: the folder is not a run with weights; or no model is named, and none is packaged.
            ConfigError: ``beam_size`` is below 1, or ``max_segment_seconds`` not above 0.
        """
        if beam_size is not None and beam_size < 1:
            raise ConfigError(f"beam_size = {beam_size}: keep at least 1 prefix")
        if not max_segment_seconds > 0:
            raise ConfigError(f"max_segment_seconds = {max_segment_seconds}: give a number above 0")
        opened = _open_model(model, runtime, threads) if isinstance(model, str | Path | None) else model
        self._model: WindowModel | None = opened
        self._search: Search | None = search or _own_search(opened, beam_size)
        self.beam_size = self._search.settings.beam_size
        self._calibration = load_calibration(opened.folder)
        self._max_segment_seconds = max_segment_seconds

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the model and the search, which are large; nothing can be transcribed any more."""
        self._model = self._search = None

    @property
    def model(self) -> WindowModel:
        """The model.

        Raises:
            TranscriptionError: the transcriber is closed.
        """
        return _unless_closed(self._model)

    @property
    def search(self) -> Search:
        """The search.

        Raises:
            TranscriptionError: the transcriber is closed.
        """
        return _unless_closed(self._search)

    def __call__(self, audio: str | Path | Source) -> Transcript:
        """Return the transcript of one sound file: any format that `asr.audio` reads, any rate, channels mixed.

        Raises:
            AudioError: the file cannot be read.
            UtteranceError: it is shorter than a frame.
            TranscriptionError: the transcriber is closed.
        """
        transcript = next(self.transcribe_all([audio]))
        if isinstance(transcript, AsrError):
            raise transcript
        return transcript

    def transcribe_all(
        self,
        audios: Iterable[str | Path | Source],
        *,
        jobs: int = 1,
        on_heard: Callable[[Source, float], None] = lambda source, seconds: None,
    ) -> Generator[Transcript | Failure, None, None]:
        """Yield the transcript of each sound file, in order, or what went wrong with it; faster than one by one.

        Whoever stops early, by an exception or ``close()``, waits for no more than some ten seconds of sound.

        Args:
            audios: files, or spans and channels of files.
            jobs: threads that read files and search beside the one that computes the network.
            on_heard: called again and again, by any thread, while a long recording is transcribed, with how many
                seconds of it are done.

        Raises:
            TranscriptionError: the transcriber is closed.
            ConfigError: ``audios`` is one name, or ``jobs`` below 1.
        """
        refuse_single_text(audios, "audios")
        if jobs < 1:
            raise ConfigError(f"jobs = {jobs}: at least one thread reads and searches")
        stopped = Event()
        transcribe_long = partial(self._transcribe_long, on_heard, stopped)
        with ThreadPoolExecutor(jobs) as executor:
            try:
                for is_long, sources in groupby(map(Source.of, audios), self._is_long):
                    if is_long:
                        yield from ahead(transcribe_long, sources, executor, jobs - 1)
                    else:
                        yield from self._transcribe_short(sources, executor, 2 * jobs)
            finally:
                stopped.set()  # the executor waits for what is under way

    def stream(self, chunks: Iterable[np.ndarray], *, sample_rate_hz: int | None = None) -> Iterator[StreamUpdate]:
        """Yield the text of sound as it comes.

        Args:
            chunks: [n] floats in -1..1, one channel, of any lengths; they are taken as they are needed.
            sample_rate_hz: theirs; None: the model's own.

        Raises:
            AudioError: the rate is none of sound, or a sample is not finite or beyond any loudness.
            ShapeError: a chunk is not [n], or holds integers.
            UtteranceError: a lexicon leaves nothing that was said.
            TranscriptionError: the transcriber is closed.
        """
        rate = self.model.config.features.sample_rate_hz
        given_rate = rate if sample_rate_hz is None else sample_rate_hz
        blocks = resampled(checked(chunks, given_rate), given_rate, rate)
        stream = TextStream(self.model, self._decoding(), max_segment_seconds=self._max_segment_seconds)
        for portion in in_portions(blocks, round(self.model.config.decode.windows.chunk_s * rate)):
            yield from stream.feed(portion)
        yield from stream.end()

    def _is_long(self, source: Source) -> bool:
        """Whether a recording is cut into windows; one that cannot be read is not, and says so when it is read."""
        config = self.model.config
        try:
            return is_longer(source, config.decode.windows.window_s, config.features.sample_rate_hz)
        except (AudioError, OSError):
            return False

    def _transcribe_long(
        self, on_heard: Callable[[Source, float], None], stopped: Event, source: Source
    ) -> Transcript | Failure:
        def heard(seconds: float) -> None:
            if stopped.is_set():
                raise CancelledError  # nobody waits for the rest
            on_heard(source, seconds)

        try:
            found = transcribe_long(self.model, source, self._decoding(), heard)
        except (AudioError, UtteranceError) as error:
            return error
        return self._transcript(source, found.duration, found.text, found.words)

    def _decoding(self) -> Decoding:
        """Return what a search of running speech needs."""
        endpoint = load_endpoint(self.model.folder, self.model.config.decode.endpoint)
        return Decoding(self.model.tokens, self.search.incremental, endpoint, self._calibration)

    def _transcribe_short(
        self, sources: Iterable[Source], executor: Executor, num_ahead: int
    ) -> Iterator[Transcript | Failure]:
        reading: deque[_Loaded] = deque()
        recordings = self._recordings(sources, executor, num_ahead, reading)
        recognised = ((reading.popleft(), found) for _, found in recognise(self.model, recordings))
        yield from ahead(self._transcribed, recognised, executor, num_ahead)

    def _recordings(
        self, sources: Iterable[Source], executor: Executor, num_ahead: int, reading: deque[_Loaded]
    ) -> Iterator[Recording]:
        """Yield recordings that are read already, and put them into ``reading``, too."""
        for loaded in ahead(self._load, sources, executor, num_ahead):
            reading.append(loaded)
            yield Recording(loaded.source.title, loaded.load)

    def _load(self, source: Source) -> _Loaded:
        rate = self.model.config.features.sample_rate_hz
        try:
            waveform = source.read(rate)
            return _Loaded(source, self.model.frames(waveform), len(waveform) / rate, not waveform.any())
        except (AudioError, UtteranceError) as error:
            return _Loaded(source, error)

    def _transcribed(self, item: tuple[_Loaded, Recognised | Failure]) -> Transcript | Failure:
        (source, _, duration, is_silent), found = item
        if not isinstance(found, Recognised):
            return found
        if is_silent:  # its features, normalised by themselves, are of anything but silence
            return self._transcript(source, duration, "", [])
        try:
            hypotheses = self.search(found.log_probs)
        except UtteranceError as error:  # a lexicon may leave nothing that the frames could be
            return error
        clock = frame_clock(self.model.config, start=source.offset, duration=duration)
        best = annotate(hypotheses, found.log_probs, self.model.tokens, clock, self._calibration, found.silences)
        return self._transcript(source, duration, best.text, best.words)

    def _transcript(self, source: Source, duration: float, text: str, words: Sequence[Word]) -> Transcript:
        end = source.offset + duration
        segments = segments_of(words, source.offset, end, max_seconds=self._max_segment_seconds)
        return Transcript(
            source.name, duration, text, segments, LANGUAGE, model_name(self.model.folder), source.channel
        )


def _open_model(model: str | Path | None, runtime: str | None, threads: int | None) -> WindowModel:
    from asr.run import load_for

    return load_for(find_model(model), runtime, threads)


def _own_search(model: WindowModel, beam_size: int | None) -> Search:
    """Return the search of the commands, with the run's own language model, if any; greedy search compiles nothing."""
    lm = None if beam_size == 1 else language_model_file(model.folder)
    settings = load_settings(model.folder, UNTUNED_SETTINGS) if lm else COMMAND_SETTINGS
    beam_size = beam_size or (settings.beam_size if lm else model.config.decode.beam_size)
    if lm is None and beam_size == 1:
        return GreedyDecoder(model.tokens)
    from asr.decoding.decode import Decoder
    from asr.decoding.lm import LanguageModel

    settings = replace(settings, beam_size=beam_size)
    return Decoder(model.tokens, settings, lm=LanguageModel(lm) if lm else None)


def _unless_closed(part: Part | None) -> Part:
    if part is None:
        raise TranscriptionError("the transcriber is closed: use it within its `with` block, or make a new one")
    return part
