"""Speech recognition with Keras: librosa features, deep bidirectional LSTMs trained with CTC, beam search, jiwer.

    transcriber = asr.Transcriber("runs/an4")
    print(transcriber("talk.flac").text)

The names below are public and stay; everything else may change. Each is imported when it is first used, so that
``import asr`` costs nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asr import layers
    from asr.decoding.decode import Decoder, decode
    from asr.decoding.greedy import greedy
    from asr.decoding.hypothesis import Hypothesis, Score, Word
    from asr.decoding.lexicon import Lexicon
    from asr.decoding.lm import LanguageModel
    from asr.decoding.settings import DecoderSettings
    from asr.errors import AsrError
    from asr.run import Run, load
    from asr.scoring.score import Scores, score
    from asr.tokens import Tokens
    from asr.transcribe.cues import CueStyle
    from asr.transcribe.formats import FORMATS, FormatOptions
    from asr.transcribe.source import Source
    from asr.transcribe.stream import StreamUpdate
    from asr.transcribe.transcriber import Transcriber
    from asr.transcribe.transcript import Segment, Transcript

__all__ = [
    "FORMATS",
    "AsrError",
    "CueStyle",
    "Decoder",
    "DecoderSettings",
    "FormatOptions",
    "Hypothesis",
    "LanguageModel",
    "Lexicon",
    "Run",
    "Score",
    "Scores",
    "Segment",
    "Source",
    "StreamUpdate",
    "Tokens",
    "Transcriber",
    "Transcript",
    "Word",
    "decode",
    "greedy",
    "layers",
    "load",
    "score",
]

_MODULES = {
    "FORMATS": "asr.transcribe.formats",
    "AsrError": "asr.errors",
    "CueStyle": "asr.transcribe.cues",
    "Decoder": "asr.decoding.decode",
    "DecoderSettings": "asr.decoding.settings",
    "FormatOptions": "asr.transcribe.formats",
    "Hypothesis": "asr.decoding.hypothesis",
    "LanguageModel": "asr.decoding.lm",
    "Lexicon": "asr.decoding.lexicon",
    "Run": "asr.run",
    "Score": "asr.decoding.hypothesis",
    "Scores": "asr.scoring.score",
    "Segment": "asr.transcribe.transcript",
    "Source": "asr.transcribe.source",
    "StreamUpdate": "asr.transcribe.stream",
    "Tokens": "asr.tokens",
    "Transcriber": "asr.transcribe.transcriber",
    "Transcript": "asr.transcribe.transcript",
    "Word": "asr.decoding.hypothesis",
    "decode": "asr.decoding.decode",
    "greedy": "asr.decoding.greedy",
    "layers": "asr.layers",
    "load": "asr.run",
    "score": "asr.scoring.score",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'asr' has no public name {name!r}: there are {', '.join(__all__)}")
    module = importlib.import_module(_MODULES[name])
    value = module if module.__name__ == f"asr.{name}" else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
