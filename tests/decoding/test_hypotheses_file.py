import json

from hypothesis import given
from hypothesis import strategies as st

from asr.decoding.hypotheses_file import DecodedUtterance, write_hypotheses
from asr.decoding.hypothesis import Score, Word
from tests.hypotheses import read_hypotheses

# Any text that UTF-8 can hold.
texts = st.text(st.characters(exclude_categories=["Cs"]))
scores = st.floats(max_value=0.0, allow_nan=False, allow_infinity=False)
numbers = st.none() | st.floats(0, 1)
words = st.lists(st.builds(Word, texts, numbers, numbers, numbers), max_size=2).map(tuple)
utterances = st.builds(DecodedUtterance, texts, texts, st.builds(Score, scores), st.none() | texts, words)


@given(st.lists(utterances, max_size=4))
def test_what_is_written_is_read_again(tmp_path_factory, utterances):
    path = tmp_path_factory.mktemp("hypotheses") / "hypotheses.jsonl"
    write_hypotheses(path, utterances)
    assert read_hypotheses(path) == utterances


def test_a_line_has_the_documented_keys(tmp_path):
    path = tmp_path / "h.jsonl"
    words = (Word("IT", 0.5, 0.75, 0.9), Word("IS"))
    write_hypotheses(path, [DecodedUtterance("a", "IT IS", Score(-1.5, -0.5, 1.0), "IT WAS", words)])
    assert json.loads(path.read_text()) == {
        "id": "a",
        "text": "IT IS",
        "reference": "IT WAS",
        "score": {"acoustic": -1.5, "lm": -0.5, "bonus": 1.0, "total": -1.0},
        "words": [
            {"word": "IT", "start": 0.5, "end": 0.75, "confidence": 0.9},
            {"word": "IS", "start": None, "end": None, "confidence": None},
        ],
    }
