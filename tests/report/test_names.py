from pathlib import Path

import pytest

from asr.report.names import distinct_names, system_names


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["runs/lstm", "runs/gru"], ["lstm", "gru"]),
        (["x/one/hyp", "x/two/hyp"], ["one/hyp", "two/hyp"]),
        (["/one/x/hyp", "/two/x/hyp"], ["one/x/hyp", "two/x/hyp"]),
        (["/hyp", "hyp"], ["/hyp", "hyp"]),
        (["a/hyp", "a/hyp"], ["a/hyp (1)", "a/hyp (2)"]),
    ],
)
def test_names_are_the_shortest_ends_that_tell_paths_apart(paths, names):
    assert distinct_names([Path(path) for path in paths]) == names


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["results/greedy/hypotheses.jsonl"], ["greedy"]),
        (["hypotheses.jsonl"], ["hypotheses"]),
        (["x/greedy/hypotheses.jsonl", "y/greedy/hypotheses.jsonl"], ["x/greedy", "y/greedy"]),
        (["greedy/dev.jsonl", "beam/dev.jsonl"], ["greedy/dev", "beam/dev"]),
        (["a/one.txt", "a/one.trn"], ["one.txt", "one.trn"]),
    ],
)
def test_a_system_is_called_after_the_folder_where_its_file_says_nothing(paths, names):
    assert system_names([Path(path) for path in paths]) == names
