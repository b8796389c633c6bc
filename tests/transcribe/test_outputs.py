from pathlib import Path

import pytest

from asr.errors import TranscriptionError
from asr.transcribe.outputs import plan_outputs, select_jobs


def outputs_of(inputs, folder="out", formats=("txt",)):
    jobs = plan_outputs([Path(name) for name in inputs], Path(folder), formats)
    return [str(output) for job in jobs for output in job.outputs.values()]


def test_outputs_are_named_after_the_stem_which_keeps_its_dots():
    assert outputs_of(["a/talk.flac", "b/v1.2.wav"], formats=("txt", "json")) == [
        "out/talk.txt",
        "out/talk.json",
        "out/v1.2.txt",
        "out/v1.2.json",
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


def test_outputs_that_are_there_are_refused_replaced_or_left(tmp_path):
    jobs = plan_outputs([Path("a.wav"), Path("b.wav")], tmp_path, ("txt", "json"))
    assert select_jobs(jobs, overwrite=False, resume=False) == jobs
    for name in ("a.txt", "a.json", "b.txt"):
        (tmp_path / name).touch()
    with pytest.raises(TranscriptionError, match=r"a\.txt and 2 more: there already"):
        select_jobs(jobs, overwrite=False, resume=False)
    assert select_jobs(jobs, overwrite=True, resume=False) == jobs
    assert select_jobs(jobs, overwrite=False, resume=True) == jobs[1:]  # b lacks its json
