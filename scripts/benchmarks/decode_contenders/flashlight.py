"""flashlight-text's LexiconDecoder with its own binding of KenLM, set up as torchaudio does it.

The trie is smeared with the best unigram, paths of one word sequence are not summed but the best is taken (its default,
and its faster way). A word ends with a space, so a frame that is surely a space is added at the end.
"""

import numpy as np
from flashlight.lib.text.decoder import (  # pyright: ignore[reportMissingImports]  # a peer, never a dependency
    CriterionType,
    LexiconDecoder,
    LexiconDecoderOptions,
    SmearingMode,
    Trie,
)
from flashlight.lib.text.decoder.kenlm import KenLM  # pyright: ignore[reportMissingImports]
from flashlight.lib.text.dictionary import Dictionary  # pyright: ignore[reportMissingImports]

from benchmarks.decode_contenders.passes import Pass
from benchmarks.decode_task import WORD_UNKNOWN, Task

_IMPOSSIBLE = -1e30
_BLANK = 0


def build(task: Task, name: str) -> Pass:
    """Return one pass: see the package."""
    labels, words = task.labels(), task.words()
    space = labels.index(" ")
    dictionary = Dictionary([*words, WORD_UNKNOWN])
    unknown = dictionary.get_index(WORD_UNKNOWN)
    dictionary.set_default_index(unknown)
    lm = KenLM(str(task.arpa), dictionary)
    trie, start = Trie(len(labels), space), lm.start(False)
    index = {label: number for number, label in enumerate(labels)}
    for word in words:
        number = dictionary.get_index(word)
        trie.insert([*(index[letter] for letter in word), space], number, lm.score(start, number)[1])
    trie.smear(SmearingMode.MAX)
    options = LexiconDecoderOptions(
        beam_size=task.beam_size,
        beam_size_token=task.most_tokens(),
        beam_threshold=task.beam_threshold,
        lm_weight=task.lm_weight_of_log10,
        word_score=task.word_bonus,
        unk_score=-np.inf,
        sil_score=0.0,
        log_add=False,
        criterion_type=CriterionType.CTC,
    )
    decoder = LexiconDecoder(options, trie, lm, space, _BLANK, unknown, [], False)
    end = np.full((1, len(labels)), _IMPOSSIBLE, np.float32)
    end[0, space] = 0.0

    def decode(log_probs: np.ndarray) -> str:
        emissions = np.ascontiguousarray(np.concatenate([log_probs, end]))
        found = decoder.decode(emissions.ctypes.data, *emissions.shape)
        return " ".join(dictionary.get_entry(word) for word in found[0].words if word >= 0)

    return Pass(name, task, decode)
