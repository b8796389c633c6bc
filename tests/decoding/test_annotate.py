import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.config import TokenConfig
from asr.decoding.annotate import Calibrator, annotate
from asr.decoding.calibration import Calibration
from asr.decoding.decode import decode
from asr.decoding.greedy import greedy
from asr.decoding.hypothesis import Hypothesis, Score
from asr.decoding.lexicon import Lexicon
from asr.decoding.lm import LanguageModel
from asr.decoding.reliability import normalised_cross_entropy
from asr.decoding.word_times import FrameClock
from asr.errors import ConfigError
from asr.tokens import Tokens
from tests.reference import random_log_probs

TOKENS = Tokens(["<blank>", " ", "A", "B"])
CLOCK = FrameClock(0.1)


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(0, 12))
def test_words_are_those_of_the_text_in_order_with_confidence(seed, num_frames):
    log_probs = random_log_probs(seed, num_frames, len(TOKENS))
    for hypotheses in ([greedy(log_probs, TOKENS)], decode(log_probs, TOKENS, beam_size=8)):
        best = annotate(hypotheses, log_probs, TOKENS, CLOCK)
        assert (best.text, best.score) == (hypotheses[0].text, hypotheses[0].score)
        assert [word.word for word in best.words] == best.text.split()
        times = [time for word in best.words for time in (word.start, word.end)]
        assert times == sorted(times) and all(0 <= time <= num_frames * 0.1 + 1e-9 for time in times)
        assert all(0 <= word.confidence <= 1 for word in best.words)


def test_what_only_spaces_make_possible_has_times_too():
    with np.errstate(divide="ignore"):
        log_probs = np.log([[0, 1, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1.0]])
    best = annotate(decode(log_probs, TOKENS), log_probs, TOKENS, CLOCK)
    assert [word.word for word in best.words] == ["A", "B"]
    assert [(word.start, word.end) for word in best.words] == [
        (pytest.approx(0.04), pytest.approx(0.3)),
        (pytest.approx(0.44), pytest.approx(0.6)),
    ]


ARPA = "\n\\data\\\nngram 1=5\n\n\\1-grams:\n-9\t<s>\n-1\t</s>\n-1\tAB\n-1\tBA\n-2\t<unk>\n\n\\end\\\n"


@pytest.mark.parametrize("mode", ["open", "lm", "lexicon", "lm and lexicon", "spelled otherwise"])
def test_words_have_times_in_every_mode(mode, tmp_path):
    (tmp_path / "lm.arpa").write_text(ARPA)
    lexicon = Lexicon({"AB": [()], "MR": [("B", "A")]}) if mode == "spelled otherwise" else Lexicon(["AB", "BA"])
    labels = TOKENS.encode("AB BA")
    log_probs = np.log(np.full((12, 4), 0.1))
    log_probs[np.arange(12), np.ravel([[label, 0] for label in labels] + [[0, 0]])] = np.log(0.7)
    hypotheses = decode(
        log_probs,
        TOKENS,
        lm=LanguageModel(tmp_path / "lm.arpa") if "lm" in mode else None,
        lexicon=lexicon if "lexicon" in mode or "spelled" in mode else None,
    )
    best = annotate(hypotheses, log_probs, TOKENS, CLOCK)
    assert [word.word for word in best.words] == (["AB", "MR"] if "spelled" in mode else ["AB", "BA"])
    assert [(word.start, word.end) for word in best.words] == [
        (pytest.approx(0.0), pytest.approx(0.4)),
        (pytest.approx(0.54), pytest.approx(1.0)),
    ]


def test_words_of_phones_have_times_whichever_way_they_are_pronounced(tmp_path):
    path = tmp_path / "phones.txt"
    path.write_text("READ  R IY D\nREAD(2)  R EH D\nIT  IH T\n")
    tokens = Tokens.from_config(TokenConfig(kind="phones", dictionary=str(path)), [])
    said = [tokens.labels.index(phone) for phone in ["R", "EH", "D", "IH", "T"]]
    log_probs = np.log(np.full((10, len(tokens)), 0.3 / (len(tokens) - 1)))
    log_probs[np.arange(10), np.ravel([[label, 0] for label in said])] = np.log(0.7)
    best = annotate(decode(log_probs, tokens, lexicon=Lexicon(["READ", "IT"])), log_probs, tokens, CLOCK)
    assert [word.word for word in best.words] == ["READ", "IT"]
    assert [best.words[0].end, best.words[1].start] == pytest.approx([0.5625, 0.5625])
    heard = annotate(decode(log_probs, tokens), log_probs, tokens, CLOCK)
    assert [word.word for word in heard.words] == ["R", "EH", "D", "IH", "T"] and heard.words[-1].end is not None


def test_labels_that_the_frames_forbid_have_words_without_times():
    log_probs = random_log_probs(0, 2, len(TOKENS))
    best = annotate([Hypothesis("AB BA", (2, 3, 1, 3, 2), Score(-1.0))], log_probs, TOKENS, CLOCK)
    assert [(word.word, word.start, word.end, word.confidence) for word in best.words] == [
        ("AB", None, None, 1.0),
        ("BA", None, None, 1.0),
    ]


def test_calibration_maps_the_confidence():
    log_probs = random_log_probs(1, 8, len(TOKENS))
    hypotheses = decode(log_probs, TOKENS)
    half = Calibration("isotonic", inputs=(0.0, 1.0), outputs=(0.0, 0.5))
    plain, mapped = (annotate(hypotheses, log_probs, TOKENS, CLOCK, calibration) for calibration in (None, half))
    assert plain.words
    assert [w.confidence for w in mapped.words] == pytest.approx([w.confidence / 2 for w in plain.words])


def noisy_utterances(seed, num_utterances, beam_size):
    """Texts of a toy model that is often unsure between A and B, decoded."""
    rng = np.random.default_rng(seed)
    for _ in range(num_utterances):
        labels = [label for word in range(3) for label in (rng.integers(2, 4), 1)][:-1]
        logits = np.full((2 * len(labels), len(TOKENS)), -2.0)
        logits[1::2, 0] = 3.0
        logits[np.arange(0, 2 * len(labels), 2), labels] = 3.0
        letters = np.array(labels) > 1
        logits[::2][letters, 2:] += rng.normal(0, 2.5, (letters.sum(), 2))
        log_probs = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
        found = [greedy(log_probs, TOKENS)] if beam_size == 1 else decode(log_probs, TOKENS, beam_size=beam_size)
        yield found, log_probs, TOKENS.decode(labels)


@pytest.mark.parametrize("beam_size", [1, 8])
@pytest.mark.parametrize("kind", ["temperature", "isotonic"])
def test_calibrated_confidences_know_more_than_the_word_error_rate(beam_size, kind):
    calibrator = Calibrator(TOKENS)
    for hypotheses, log_probs, reference in noisy_utterances(0, 150, beam_size):
        calibrator.add(hypotheses, log_probs, reference)
    calibration = calibrator.fit(kind)
    confidences, correct = [], []
    for hypotheses, log_probs, reference in noisy_utterances(1, 150, beam_size):
        best = annotate(hypotheses, log_probs, TOKENS, CLOCK, calibration)
        if len(best.words) == 3:
            confidences += [word.confidence for word in best.words]
            correct += [a == b for a, b in zip(best.text.split(), reference.split(), strict=True)]
    assert 0.05 < 1 - np.mean(correct) < 0.5
    nce = normalised_cross_entropy(np.array(confidences), np.array(correct))
    assert nce is not None and nce > 0


def test_nothing_found_cannot_be_calibrated_on():
    calibrator = Calibrator(TOKENS)
    calibrator.add([Hypothesis("", (), Score(0.0))], np.zeros((0, 4)), "A")
    with pytest.raises(ConfigError, match="no words"):
        calibrator.fit()
