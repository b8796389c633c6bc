import json

import pytest

from asr.errors import ManifestError
from asr.manifest import read_manifest
from data_prep import nemo


@pytest.fixture
def manifest(tmp_path, write_tone):
    """Return a function that writes rows as a manifest beside two recordings of half a second."""

    def write(*rows, name="train.json"):
        for recording in ("one", "two"):
            write_tone(tmp_path / "source" / "wav" / f"{recording}.wav")
        path = tmp_path / "source" / name
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path

    return write


def row(audio="wav/one.wav", duration=0.5, text="yes", **others):
    return {"audio_filepath": audio, "duration": duration, "text": text, **others}


def test_ids_come_from_file_names_and_other_keys_are_kept(manifest, tmp_path, report):
    path = manifest(row(), row("wav/two.wav", text="no", speaker=7, room="attic"))
    preparation = nemo.prepare(tmp_path / "out", path, report)
    assert not preparation.failures
    first, second = read_manifest(tmp_path / "out" / "train.jsonl")
    assert (first.id, first.text, first.audio_filepath) == ("wav/one", "yes", tmp_path / "source/wav/one.wav")
    assert (second.speaker, second.extras) == ("7", {"room": "attic"})


def test_pieces_of_one_recording_get_ids_of_their_own(manifest, tmp_path, report):
    path = manifest(row(duration=0.2), row(offset=0.25, duration=0.0))
    nemo.prepare(tmp_path / "out", path, report)
    pieces = read_manifest(tmp_path / "out" / "train.jsonl")
    assert [piece.id for piece in pieces] == ["wav/one-0", "wav/one-0.25"]
    assert [piece.duration for piece in pieces] == [0.2, 0.25]  # the second reaches to the end


def test_each_manifest_of_a_folder_becomes_one_of_its_name(manifest, tmp_path, report):
    manifest(row(), name="train.json")
    manifest(row(), name="dev.jsonl")
    preparation = nemo.prepare(tmp_path / "out", tmp_path / "source", report)
    assert [written.path.name for written in preparation.manifests] == ["dev.jsonl", "train.jsonl"]


def test_two_that_would_become_one_manifest_are_refused(manifest, tmp_path, report):
    manifest(row(), name="train.json")
    manifest(row(), name="train.jsonl")
    with pytest.raises(ManifestError, match=r"train\.jsonl: would become train\.jsonl, and so would .*train\.json:"):
        nemo.prepare(tmp_path / "out", tmp_path / "source", report)


def test_a_recording_that_is_not_there_is_a_failure(manifest, tmp_path, report):
    preparation = nemo.prepare(tmp_path / "out", manifest(row(), row("wav/three.wav")), report)
    assert "no such file" in preparation.failures["wav/three"]
    assert preparation.manifests[0].num_utterances == 1


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([row(), {"audio_filepath": "a.wav"}], r"train\.json:2: key 'duration' is missing"),
        ([{"duration": 1.0, "text": ""}], r"train\.json:1: key 'audio_filepath' is missing"),
        ([row(audio=3)], r"train\.json:1: audio_filepath is 3"),
        ([row(id="a"), row(id="a")], r"train\.json:2: id 'a' appears twice"),
        ([row(duration="1")], r"duration is '1'"),
    ],
)
def test_malformed_lines_are_named(manifest, tmp_path, report, rows, message):
    with pytest.raises(ManifestError, match=message):
        nemo.prepare(tmp_path / "out", manifest(*rows), report)


def test_a_manifest_is_never_overwritten_by_its_import(manifest, tmp_path, report):
    path = manifest(row(), name="train.jsonl")
    with pytest.raises(ManifestError, match="would be overwritten"):
        nemo.prepare(path.parent, path, report)


def test_a_source_is_needed(tmp_path, report):
    with pytest.raises(ManifestError, match="say --from"):
        nemo.prepare(tmp_path / "out", None, report)
    with pytest.raises(ManifestError, match="no such file or folder"):
        nemo.prepare(tmp_path / "out", tmp_path / "nowhere", report)
    with pytest.raises(ManifestError, match=r"no \*\.json"):
        nemo.prepare(tmp_path / "out", tmp_path, report)
