import pytest

from asr.errors import RunError
from asr.tuning.study import Trial, read_trials, write_trials

TRIALS = [
    Trial(0, 0.5, 0.0, 0.0, -3.0, -1.0, 0.25, 0.1, "of-this"),
    Trial(1, 1.0, 1.0, 2.0, 0.0, 0.0, 0.2, 0.2, "of-this"),
]


def test_trials_come_back_from_their_file(tmp_path):
    path = tmp_path / "trials.jsonl"
    assert read_trials(path, "of-this") == []
    write_trials(path, TRIALS)
    assert read_trials(path, "of-this") == TRIALS


def test_fewer_word_errors_are_better_and_character_errors_decide_between_equals():
    worse, better = TRIALS
    equal_words = Trial(2, 2.0, 0.0, 0.0, 0.0, 0.0, 0.2, 0.15, "of-this")
    assert sorted([worse, better, equal_words], key=lambda trial: trial.rank) == [equal_words, better, worse]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('{"trial": 0}\n', r"trials.jsonl:1: not a trial: .*--overwrite"),
        ("[]\n", "not a JSON object"),
        ("second", "trials are missing"),
        ("other", "a study of something else"),
    ],
)
def test_a_broken_file_or_that_of_another_study_is_named(tmp_path, lines, message):
    path = tmp_path / "trials.jsonl"
    if lines == "second":
        write_trials(path, TRIALS[1:])
    elif lines == "other":
        write_trials(path, [Trial(0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.1, 0.1, "of-that")])
    else:
        path.write_text(lines)
    with pytest.raises(Exception, match=message) as caught:
        read_trials(path, "of-this")
    assert lines == "[]\n" or isinstance(caught.value, RunError)
