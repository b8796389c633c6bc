from pathlib import Path, PurePath

import pytest

from asr.errors import TranscriptionError
from asr.transcribe.outputs import plan_manifests, plan_outputs, select_jobs
from asr.transcribe.source import Source


def plan(inputs, folder="out", formats=("txt",)):
    return plan_outputs([Source.of(name) for name in inputs], Path(folder), formats)


def outputs_of(inputs, folder="out", formats=("txt",)):
    return [str(output) for job in plan(inputs, folder, formats) for output in job.outputs.values()]


def test_outputs_are_named_after_the_stem_which_keeps_its_dots():
    assert outputs_of(["a/talk.flac", "b/v1.2.wav"], formats=("txt", "textgrid")) == [
        "out/talk.txt",
        "out/talk.TextGrid",
        "out/v1.2.txt",
        "out/v1.2.TextGrid",
    ]


def test_the_tree_of_a_folder_is_kept():
    sources = [Source("a", Path("talks/day/a.wav"), PurePath("day/a")), Source("b", Path("talks/a.wav"), PurePath("a"))]
    assert [str(job.outputs["txt"]) for job in plan_outputs(sources, Path("out"), ["txt"])] == [
        "out/day/a.txt",
        "out/a.txt",
    ]


@pytest.mark.parametrize("inputs", [["a/talk.flac", "b/talk.flac"], ["talk.flac", "talk.mp3"]])
def test_two_inputs_that_would_write_one_file_are_refused(inputs):
    with pytest.raises(TranscriptionError, match=r"out/talk.txt: both .* would write it"):
        outputs_of(inputs)


def test_an_input_given_twice_is_refused_as_such():
    with pytest.raises(TranscriptionError, match=r"talk\.flac: given twice: name each file once"):
        outputs_of(["a/talk.flac", "a/b/../talk.flac"])


def test_an_output_that_would_replace_an_input_is_refused():
    with pytest.raises(TranscriptionError, match=r"talk\.txt: would replace an input"):
        outputs_of(["notes/talk.txt"], folder="notes")
    with pytest.raises(TranscriptionError, match=r"m\.jsonl: would replace an input"):
        plan_manifests([Path("a/m.jsonl")], Path("a"), (1, 1))


def test_manifests_keep_their_names_and_parts_get_one():
    manifests = [Path("a/m.jsonl"), Path("a/n.json")]
    assert list(plan_manifests(manifests, Path("out"), (1, 1)).values()) == [Path("out/m.jsonl"), Path("out/n.json")]
    assert plan_manifests(manifests, Path("a"), (2, 4))[manifests[0]] == Path("a/m.2-of-4.jsonl")
    with pytest.raises(TranscriptionError, match=r"both a/m\.jsonl and b/m\.jsonl would write it"):
        plan_manifests([Path("a/m.jsonl"), Path("b/m.jsonl")], Path("out"), (1, 1))


def test_outputs_that_are_there_are_refused_replaced_or_left(tmp_path):
    jobs = plan(["a.wav", "b.wav"], tmp_path, ("txt", "json"))
    assert select_jobs(jobs, overwrite=False, resume=False) == jobs
    for name in ("a.txt", "a.json", "b.txt"):
        (tmp_path / name).touch()
    with pytest.raises(TranscriptionError, match=r"a\.txt and 2 more: there already"):
        select_jobs(jobs, overwrite=False, resume=False)
    assert select_jobs(jobs, overwrite=True, resume=False) == jobs
    assert select_jobs(jobs, overwrite=False, resume=True) == jobs[1:]  # b lacks its json
