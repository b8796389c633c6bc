import pytest

from asr.errors import ManifestError
from asr.manifest import read_manifest
from data_prep import folder


@pytest.fixture
def source(tmp_path, write_tone):
    root = tmp_path / "source"
    write_tone(root / "a" / "one.flac")
    write_tone(root / "two.WAV", format="WAV")
    return root


def texts_in(path):
    return {utterance.id: utterance.text for utterance in read_manifest(path)}


def test_texts_beside_recordings_are_joined_to_one_line(source, tmp_path, report):
    (source / "a" / "one.txt").write_text("so it\n goes\n\n")
    (source / "two.txt").write_text("\ufeffyes")  # a byte order mark is no text
    preparation = folder.prepare(tmp_path / "out", source, report)
    assert not preparation.failures
    assert texts_in(tmp_path / "out" / "all.jsonl") == {"a/one": "so it goes", "two": "yes"}


def test_one_file_of_transcripts_names_recordings_with_or_without_suffix(source, tmp_path, report):
    (source / "transcripts.txt").write_text("a/one so it goes\n\ntwo.WAV\tyes\n")
    (source / "two.txt").write_text("not this")
    folder.prepare(tmp_path / "out", source, report)
    assert texts_in(tmp_path / "out" / "all.jsonl") == {"a/one": "so it goes", "two": "yes"}


def test_what_has_no_counterpart_is_a_failure(source, tmp_path, report):
    (source / "transcripts.txt").write_text("two yes\nthree no\n")
    preparation = folder.prepare(tmp_path / "out", source, report)
    assert "no text" in preparation.failures["a/one"]
    assert "no recording" in preparation.failures["three"]


def test_a_recording_named_audio_that_is_none_is_a_failure(source, tmp_path, report):
    (source / "bad.wav").write_text("hello")
    (source / "transcripts.txt").write_text("two yes\nbad no\na/one well\n")
    assert set(folder.prepare(tmp_path / "out", source, report).failures) == {"bad"}


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            lambda root: (root / "transcripts.txt").write_text("two a\ntwo.wav b\n"),
            r"transcripts\.txt:2: 'two' appears",
        ),
        (lambda root: (root / "two.flac").write_bytes(b""), "beside it, with the same text"),
        (lambda root: [path.unlink() for path in (root / "a" / "one.flac", root / "two.WAV")], "no recordings"),
        (lambda root: None, "no utterance could be used"),
    ],
)
def test_what_is_ambiguous_or_empty_is_refused(source, tmp_path, report, spoil, message):
    spoil(source)
    with pytest.raises(ManifestError, match=message):
        folder.prepare(tmp_path / "out", source, report)
