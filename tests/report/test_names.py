from pathlib import Path

import pytest

from asr.report.names import distinct_names


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
