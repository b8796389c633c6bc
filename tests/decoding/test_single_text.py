import numpy as np
import pytest

from asr.decoding.decode import Decoder, decode
from asr.decoding.hotwords import Hotword
from asr.decoding.lexicon import Lexicon
from asr.decoding.lm import LanguageModel
from asr.errors import ConfigError
from asr.tokens import Tokens

TOKENS = Tokens(["<blank>", " ", "A", "B"])
NO_FRAMES = np.zeros((0, 4))


@pytest.mark.parametrize(
    "give",
    [
        lambda: decode(NO_FRAMES, TOKENS, hotwords="AB"),
        lambda: Decoder(TOKENS, hotwords="AB"),
        lambda: Lexicon("AB"),
        lambda: Lexicon({"AB": "A B"}),
        lambda: Lexicon({"AB": ["A B"]}),
        lambda: Hotword("AB"),  # pyright: ignore[reportArgumentType]
    ],
)
def test_one_text_is_not_taken_for_its_letters(give):
    with pytest.raises(ConfigError, match="letters are not meant: give a list"):
        give()


@pytest.mark.parametrize("hotwords", [("AB", 3.0), [("A", "B")], [("A", 1.0, 2.0)], [None]])
def test_what_is_no_hotword_is_named(hotwords):
    with pytest.raises(ConfigError, match="give a phrase, or a phrase and its boost"):
        decode(NO_FRAMES, TOKENS, hotwords=hotwords)


def test_a_language_model_scores_words_and_not_letters(tmp_path):
    path = tmp_path / "words.arpa"
    path.write_text("\\data\\\nngram 1=3\n\n\\1-grams:\n-99\t<s>\n-1\t</s>\n-1\tA\n\n\\end\\\n")
    lm = LanguageModel(path)
    for score in (lm.score, lm.log_probs, lm.perplexity, lambda text: lm.perplexity([text])):
        with pytest.raises(ConfigError, match="letters are not meant"):
            score("A")
