"""Ours: `asr.decoding`, with the language model over a lexicon or over any words, or without one."""

from typing import Literal

import numpy as np

from asr.decoding.decode import Decoder
from asr.decoding.lexicon import Lexicon
from asr.decoding.lm import LanguageModel
from asr.decoding.settings import DecoderSettings
from asr.tokens import Tokens
from benchmarks.decode_contenders.passes import Pass
from benchmarks.decode_task import Task


def build(task: Task, name: str, mode: Literal["lexicon", "open", "no_lm"]) -> Pass:
    """Return one pass: see the package."""
    settings = DecoderSettings(
        beam_size=task.beam_size,
        lm_weight=task.lm_weight,
        word_bonus=task.word_bonus if mode != "no_lm" else 0.0,
        oov_penalty=task.oov_penalty,
        token_min_log_prob=float(task.token_min_log_prob),
        beam_threshold=task.beam_threshold if mode != "no_lm" else float("inf"),
    )
    decoder = Decoder(
        Tokens.load(task.tokens),
        settings,
        lm=LanguageModel(task.arpa) if mode != "no_lm" else None,
        lexicon=Lexicon.load(task.lexicon) if mode == "lexicon" else None,
    )

    def decode(log_probs: np.ndarray) -> str:
        return decoder(log_probs, num_best=1)[0].text

    return Pass(name, task, decode)
