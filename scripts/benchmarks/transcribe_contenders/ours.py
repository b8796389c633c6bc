"""Ours: `asr.Transcriber`, all files handed over together or one at a time."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal

from asr.decoding.decode import Decoder
from asr.decoding.lm import LanguageModel
from asr.decoding.settings import UNTUNED_SETTINGS, load_settings
from asr.run import load_for
from asr.transcribe.transcriber import Transcriber
from asr.transcribe.transcript import Transcript
from benchmarks.transcribe_task import Task


def build(
    task: Task,
    name: str,
    model: Path,
    runtime: Literal["onnx", "int8", "keras"],
    lm: Path | None,
    together: bool,
) -> Callable[[], float]:
    """Return what transcribes all recordings, and how many they are; see the package.

    Args:
        task: the recordings.
        name: of the contender.
        model: run folder.
        runtime: what computes it.
        lm: language model; None: greedy search.
        together: whether all files are handed over at once.
    """
    transcriber = _transcriber(model, runtime, lm, task.cores)
    transcribe = _batch if together else _one_by_one
    return partial(_transcribe, task, name, partial(transcribe, transcriber, task.cores))


def _transcriber(model: Path, runtime: Literal["onnx", "int8", "keras"], lm: Path | None, threads: int) -> Transcriber:
    trained = load_for(model, runtime, threads)
    if lm is None:
        return Transcriber(trained, beam_size=1)
    search = Decoder(trained.tokens, load_settings(model, UNTUNED_SETTINGS), lm=LanguageModel(lm))
    return Transcriber(trained, search=search)


def _transcribe(task: Task, name: str, transcribe: Callable[[list[Path]], list[str]]) -> float:
    texts = transcribe(task.paths())
    task.write_texts(name, texts)
    return float(len(texts))


def _batch(transcriber: Transcriber, jobs: int, paths: list[Path]) -> list[str]:
    return [found.text for found in transcriber.transcribe_all(paths, jobs=jobs) if isinstance(found, Transcript)]


def _one_by_one(transcriber: Transcriber, jobs: int, paths: list[Path]) -> list[str]:
    return [transcriber(path).text for path in paths]
