import threading

import pytest

from asr.errors import ManifestError
from asr.manifest import Utterance, read_manifest
from data_prep.corpus import finish, in_parallel, read_lines


def test_manifests_are_written_only_when_all_have_utterances(tmp_path, write_tone, report):
    good = Utterance("a", write_tone(tmp_path / "a.wav"), 0.0, "YES")
    with pytest.raises(
        ManifestError, match=r"dev\.jsonl: no utterance could be used \(of 1 failures the first: .*b\.wav"
    ):
        finish(tmp_path, {"train": [good], "dev": [Utterance("b", tmp_path / "b.wav", 0.0, "NO")]}, {}, report)
    assert not list(tmp_path.glob("*.jsonl"))


def test_a_duration_that_is_given_is_kept_and_one_that_is_not_is_measured(tmp_path, write_tone, report):
    audio = write_tone(tmp_path / "a.wav", seconds=0.5)
    given = Utterance("a", audio, 0.2, "YES")
    open_end = Utterance("b", audio, 0.0, "NO", offset=0.3)
    preparation = finish(tmp_path, {"all": [given, open_end]}, {"c": "known before"}, report)
    assert [utterance.duration for utterance in read_manifest(tmp_path / "all.jsonl")] == [0.2, 0.2]
    assert preparation.manifests[0].seconds == pytest.approx(0.4)
    assert preparation.failures == {"c": "known before"}


def test_an_utterance_that_starts_after_its_recording_ends_is_a_failure(tmp_path, write_tone, report):
    audio = write_tone(tmp_path / "a.wav", seconds=0.5)
    late = Utterance("late", audio, 0.0, "NO", offset=0.7)
    preparation = finish(tmp_path, {"all": [Utterance("a", audio, 0.0, "YES"), late]}, {}, report)
    assert preparation.failures == {"late": f"{audio}: ends before the utterance starts, at 0.7 s: mend the source"}
    assert [utterance.id for utterance in read_manifest(tmp_path / "all.jsonl")] == ["a"]


def test_results_keep_the_order_of_the_items(report):
    assert in_parallel(lambda item: item * 2, range(100), "", report) == list(range(0, 200, 2))


def test_an_interruption_does_not_wait_for_what_has_not_begun():
    begun = []
    release = threading.Event()

    def work(item):
        begun.append(item)
        release.wait(5)

    def interrupt(what, done, total):
        release.set()
        raise KeyboardInterrupt

    threading.Timer(0.05, release.set).start()
    with pytest.raises(KeyboardInterrupt):
        in_parallel(work, range(10_000), "", interrupt)
    assert len(begun) < 10_000


def test_lines_end_at_newlines_and_at_nothing_else(tmp_path):
    (tmp_path / "a").write_bytes("one\r\ntwo\u2028still two\n\nfour".encode())
    assert read_lines(tmp_path / "a") == ["one", "two\u2028still two", "", "four"]
