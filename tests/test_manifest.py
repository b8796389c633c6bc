import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.errors import ManifestError
from asr.manifest import Utterance, read_manifest, write_manifest

ROW = {"audio_filepath": "a/1.wav", "duration": 1.5, "text": "HELLO"}


def manifest(tmp_path: Path, *rows: dict | str) -> Path:
    path = tmp_path / "m.jsonl"
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


def test_paths_are_relative_to_the_manifest_and_ids_come_from_them(tmp_path):
    (utterance,) = read_manifest(manifest(tmp_path, ROW))
    assert utterance.id == "a/1"
    assert utterance.audio_filepath == tmp_path / "a" / "1.wav"
    assert (utterance.duration, utterance.text, utterance.offset, utterance.channel) == (1.5, "HELLO", 0.0, None)


def test_other_keys_are_kept(tmp_path):
    (utterance,) = read_manifest(manifest(tmp_path, ROW | {"speaker": 84, "accent": "none", "id": "x"}))
    assert (utterance.id, utterance.speaker, utterance.extras) == ("x", "84", {"accent": "none"})


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([ROW, {"duration": 1, "text": ""}], r"m\.jsonl:2: key 'audio_filepath' is missing"),
        ([{"audio_filepath": "a.wav", "text": ""}], r":1: key 'duration' is missing"),
        ([{"audio_filepath": "a.wav", "duration": 1}], r":1: key 'text' is missing"),
        ([ROW | {"audio_filepath": ""}], r":1: audio_filepath is '': name a sound file"),
        ([ROW | {"audio_filepath": "a\0.wav"}], r":1: audio_filepath is 'a\\x00\.wav': name a sound file"),
        ([ROW | {"duration": "long"}], r":1: duration is 'long': it must be int or float"),
        ([ROW | {"duration": -1}], r":1: duration = -1 is not a length of time"),
        ([ROW | {"text": None}], r":1: text is None: it must be str"),
        ([ROW | {"offset": float("nan")}], r":1: offset = nan"),
        ([ROW, ROW], r":2: id 'a/1' is already used in line 1: give each utterance its own id"),
        ([ROW, '{"text": "A"'], r":2: not JSON \(.*column"),
        (["[1, 2]"], r":1: not a JSON object"),
    ],
)
def test_a_broken_line_is_named_with_what_is_wrong(tmp_path, rows, message):
    with pytest.raises(ManifestError, match=message):
        read_manifest(manifest(tmp_path, *rows))


def test_a_missing_or_binary_file_is_named(tmp_path):
    with pytest.raises(ManifestError, match=r"none\.jsonl: No such file"):
        read_manifest(tmp_path / "none.jsonl")
    (tmp_path / "binary.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ManifestError, match="not UTF-8 text"):
        read_manifest(tmp_path / "binary.jsonl")


texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(text=texts, speaker=st.none() | texts, offset=st.floats(0, 100), extra=st.dictionaries(st.just("note"), texts))
def test_what_is_written_is_read_again(tmp_path_factory, text, speaker, offset, extra):
    folder = tmp_path_factory.mktemp("m")
    written = Utterance("id 1", folder / "audio" / "1.wav", 2.5, text, speaker, offset, 1, "en", extra)
    write_manifest(folder / "m.jsonl", [written])
    assert read_manifest(folder / "m.jsonl") == [written]


def test_a_manifest_with_audio_beside_it_can_be_moved(tmp_path):
    write_manifest(tmp_path / "m.jsonl", [Utterance("a", tmp_path / "wav" / "a.wav", 1.0, "A")])
    assert json.loads((tmp_path / "m.jsonl").read_text())["audio_filepath"] == "wav/a.wav"
