import sys
from pathlib import Path, PurePath

import pytest

from asr.errors import TranscriptionError
from asr.transcribe.outputs import plan_outputs, select_jobs
from asr.transcribe.source import Source


def plan(inputs, folder="out", formats=("txt",)):
    return plan_outputs([Source.of(name) for name in inputs], Path(folder), formats).jobs


def plan_manifests(manifests, folder, part=(1, 1), inputs=(), formats=("json",)):
    paths, sources = [Path(manifest) for manifest in manifests], [Source.of(name) for name in inputs]
    return [
        str(path)
        for path in plan_outputs(sources, Path(folder), formats, manifests=paths, part=part).manifests.values()
    ]


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
    assert [str(job.outputs["txt"]) for job in plan_outputs(sources, Path("out"), ["txt"]).jobs] == [
        "out/day/a.txt",
        "out/a.txt",
    ]


@pytest.mark.parametrize("inputs", [["a/talk.flac", "b/talk.flac"], ["talk.flac", "talk.mp3"]])
def test_two_inputs_that_would_write_one_file_are_refused(inputs):
    with pytest.raises(TranscriptionError, match=r"out/talk.txt: both .* would write it"):
        outputs_of(inputs)


@pytest.mark.parametrize("inputs", [["a/Talk.flac", "b/talk.flac"], ["a/caf\u00e9.wav", "b/cafe\u0301.wav"]])
def test_names_that_are_one_file_on_macos_are_refused_there_alone(inputs, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    assert len(set(outputs_of(inputs))) == 2
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(TranscriptionError, match=r"both .* would write it"):
        outputs_of(inputs)


def test_an_input_given_twice_is_refused_as_such():
    with pytest.raises(TranscriptionError, match=r"talk\.flac: given twice: name each file once"):
        outputs_of(["a/talk.flac", "a/b/../talk.flac"])


def test_an_output_that_would_replace_an_input_is_refused():
    with pytest.raises(TranscriptionError, match=r"talk\.txt: would replace an input"):
        outputs_of(["notes/talk.txt"], folder="notes")
    with pytest.raises(TranscriptionError, match=r"m\.jsonl: would replace an input"):
        plan_manifests(["a/m.jsonl"], "a")


def test_a_manifest_and_a_recording_are_planned_together():
    with pytest.raises(TranscriptionError, match=r"out/m\.json: both m\.wav and m\.json would write it"):
        plan_manifests(["m.json"], "out", inputs=["m.wav"])
    with pytest.raises(TranscriptionError, match=r"m\.json: would replace an input"):
        plan_manifests(["m.json"], ".", part=(1, 2), inputs=["m.wav"])  # written back as m.1-of-2.json


@pytest.mark.parametrize("number", [1, 2])
def test_two_inputs_that_would_write_one_file_are_refused_in_whatever_parts_they_are(number):
    sources = [Source.of(name) for name in ("a/talk.flac", "b/talk.flac")]
    with pytest.raises(TranscriptionError, match=r"out/talk.txt: both .* would write it"):
        plan_outputs(sources, Path("out"), ["txt"], part=(number, 2))


def test_the_channels_of_a_file_are_of_one_part():
    sources = [
        Source(name, Path(name), PurePath(f"{name}.channel{channel}"), channel=channel)
        for name in ("a", "b")
        for channel in (0, 1)
    ]
    assert [job.source.title for job in plan_outputs(sources, Path("out"), ["txt"], part=(2, 2)).jobs] == [
        "b channel 0",
        "b channel 1",
    ]


def test_manifests_keep_their_names_and_parts_get_one():
    manifests = ["a/m.jsonl", "a/n.json"]
    assert plan_manifests(manifests, "out") == ["out/m.jsonl", "out/n.json"]
    assert plan_manifests(manifests, "a", (2, 4)) == ["a/m.2-of-4.jsonl", "a/n.2-of-4.json"]
    with pytest.raises(TranscriptionError, match=r"both a/m\.jsonl and b/m\.jsonl would write it"):
        plan_manifests(["a/m.jsonl", "b/m.jsonl"], "out")


def test_outputs_that_are_there_are_refused_replaced_or_left(tmp_path):
    jobs = plan(["a.wav", "b.wav"], tmp_path, ("txt", "json"))
    assert select_jobs(jobs, overwrite=False, resume=False) == jobs
    for name in ("a.txt", "a.json", "b.txt"):
        (tmp_path / name).touch()
    with pytest.raises(TranscriptionError, match=r"a\.txt and 2 more: there already"):
        select_jobs(jobs, overwrite=False, resume=False)
    assert select_jobs(jobs, overwrite=True, resume=False) == jobs
    assert select_jobs(jobs, overwrite=False, resume=True) == jobs[1:]  # b lacks its json
