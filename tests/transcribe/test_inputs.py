import json
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr.errors import AudioError, TranscriptionError
from asr.raw_audio import parse_raw_format
from asr.transcribe.inputs import Wanted, find_inputs
from asr.transcribe.source import Source, split_channels
from tests.transcribe.conftest import beeps


@pytest.fixture
def tree(tmp_path, monkeypatch) -> Path:
    """Work beside a folder of recordings, some of which are not what their names say."""
    monkeypatch.chdir(tmp_path)
    folder = Path("talks")
    (folder / "day" / ".hidden").mkdir(parents=True)
    for name in ("b.wav", "a.flac", "day/c.wav", "day/.hidden/d.wav", ".e.wav"):
        soundfile.write(folder / name, beeps(1), 16_000)
    (folder / "b.wav").rename(folder / "no suffix")  # sound by its content
    (folder / "broken.mp3").write_text("sound by its name alone")
    (folder / "notes.txt").write_text("no sound")
    (folder / "day" / "m.jsonl").write_text('{"audio_filepath": "c.wav"}\n')
    return folder


def names(*inputs, **options):
    found = find_inputs(inputs, Wanted(**options))
    return [source.name for source in found.sources]


def test_a_folder_is_all_that_is_sound_in_it_by_content_or_by_name(tree):
    found = find_inputs(["talks"], Wanted())
    assert [source.name for source in found.sources] == [
        "talks/a.flac",
        "talks/broken.mp3",
        "talks/no suffix",
        "talks/day/c.wav",
    ]
    assert [str(source.place) for source in found.sources] == ["a", "broken", "no suffix", "day/c"]
    assert (found.failures, found.manifests, found.is_single) == ([], [], False)


@pytest.mark.parametrize("kind", ["heic", "heix", "mif1", "msf1", "avif", "avis", "WEBP"])
def test_pictures_in_a_folder_are_no_sound_though_their_containers_may_hold_some(kind, tree):
    start = b"RIFF\x00\x10\x00\x00" if kind == "WEBP" else b"\x00\x00\x00\x18ftyp"
    (tree / "photo").write_bytes(start + kind.encode() + bytes(100))
    (tree / "video").write_bytes(b"\x00\x00\x00\x18ftypisom" + bytes(100))
    assert "talks/video" in names("talks") and "talks/photo" not in names("talks")


def test_globs_choose_within_a_folder_by_name_and_by_path(tree):
    assert names("talks", include=["*.wav", "*.flac"]) == ["talks/a.flac", "talks/day/c.wav"]
    assert names("talks", include=["*.txt"]) == ["talks/notes.txt"]
    assert names("talks", exclude=["day/*", "broken*"]) == ["talks/a.flac", "talks/no suffix"]
    assert names("talks", include=["*.wav"], exclude=["c.*"]) == []


def test_a_glob_is_the_files_that_match_in_order(tree):
    assert names("talks/*.[fm]*") == ["talks/a.flac", "talks/broken.mp3"]
    assert names("talks/**/c.wav") == ["talks/day/c.wav"]
    (tree / "[1].wav").write_bytes((tree / "a.flac").read_bytes())
    assert names("talks/[1].wav") == ["talks/[1].wav"]  # a file of this name is meant, not a glob


def test_what_is_not_there_is_named_and_costs_nothing(tree):
    empty = tree / "empty"
    empty.mkdir()
    found = find_inputs(["talks/a.flac", "*.xyz", str(empty)], Wanted())
    assert [source.name for source in found.sources] == ["talks/a.flac"]
    assert found.failures[0].startswith("*.xyz: no file matches")
    assert found.failures[1].startswith("talks/empty: no sound file in it")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_cannot_be_read_is_named(tree):
    (tree / "day").chmod(0)
    found = find_inputs(["talks"], Wanted())
    assert len(found.sources) == 3 and found.failures[0].startswith("talks/day: Permission denied")
    (tree / "day").chmod(0o700)


def test_a_pipe_in_a_folder_keeps_nobody_waiting(tree):
    os.mkfifo(tree / "pipe")
    os.mkfifo(tree / "talk.wav")
    found = find_inputs(["talks"], Wanted())
    assert "talks/pipe" not in [source.name for source in found.sources]
    (talk,) = [source for source in found.sources if source.name == "talks/talk.wav"]
    with pytest.raises(AudioError, match=r"^talks/talk\.wav: no regular file: "):
        talk.read(16_000)


@pytest.mark.parametrize("name", ["a" * 300 + ".wav", "talks/a.flac/a.wav", "loop.wav"])
def test_a_path_that_leads_nowhere_costs_its_neighbours_nothing(name, tree):
    Path("loop.wav").symlink_to("loop.wav")
    bad, good = find_inputs([name, "talks/a.flac"], Wanted()).sources
    assert good.name == "talks/a.flac"
    with pytest.raises(AudioError, match=f"^{name}: "):
        bad.read(16_000)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may enter every folder")
def test_a_file_in_a_folder_that_must_not_be_entered_costs_its_neighbours_nothing(tree):
    (tree / "day").chmod(0)
    hidden, good = find_inputs(["talks/day/c.wav", "talks/a.flac"], Wanted()).sources
    assert good.name == "talks/a.flac"
    with pytest.raises(AudioError, match=r"^talks/day/c\.wav: Permission denied"):
        hidden.read(16_000)
    (tree / "day").chmod(0o700)


def test_a_manifest_is_known_by_its_content(tree):
    manifest = tree / "day" / "m.jsonl"
    found = find_inputs([str(manifest)], Wanted())
    assert (found.manifests, found.sources, found.is_single) == ([manifest], [], True)
    other = tree / "manifest.txt"
    other.write_bytes(b"\xef\xbb\xbf\n " + json.dumps({"audio_filepath": "a"}).encode())
    assert find_inputs([str(other)], Wanted()).manifests == [other]


def test_standard_input_is_a_source_once(tmp_path):
    found = find_inputs(["-"], Wanted(), stdin_file=tmp_path / "x")
    assert [(source.name, str(source.place)) for source in found.sources] == [("-", "stdin")]
    with pytest.raises(TranscriptionError, match="name it once"):
        find_inputs(["-", "-"], Wanted(), stdin_file=tmp_path / "x")


def test_errors_of_standard_input_do_not_name_the_file_that_it_was_put_into(tmp_path):
    path = tmp_path / "spooled"
    path.write_text("no sound")
    with pytest.raises(AudioError, match=r"^-: ") as caught:
        find_inputs(["-"], Wanted(), stdin_file=path).sources[0].read(16_000)
    assert "spooled" not in str(caught.value)


def test_raw_samples_are_read_as_they_are_said_to_be(tmp_path):
    path = tmp_path / "a.pcm"
    path.write_bytes((beeps(1, 8_000) * 32767).astype("<i2").tobytes())
    (source,) = find_inputs([str(tmp_path)], Wanted(), raw=parse_raw_format("s16le,8000,1")).sources
    np.testing.assert_allclose(source.read(8_000), beeps(1, 8_000)[:, 0], atol=1e-4)


def test_channels_are_sources_of_their_own(tmp_path):
    path = tmp_path / "talk.wav"
    soundfile.write(path, np.stack([np.full(800, 0.25), np.full(800, -0.5)], axis=1), 8_000)
    left, right, broken = split_channels([Source.of(path), Source.of(tmp_path / "nowhere.wav")])
    assert [str(one.place) for one in (left, right, broken)] == ["talk.channel0", "talk.channel1", "nowhere"]
    assert right.title == f"{path} channel 1"
    assert right.read(8_000)[0] == pytest.approx(-0.5)


@pytest.mark.parametrize("rate", [8_000, 11_025, 44_100, 96_000, 192_000])
@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_24", "DOUBLE"])
def test_every_rate_and_width_comes_out_at_the_models_rate(rate, subtype, tmp_path):
    soundfile.write(tmp_path / "a.wav", beeps(1, rate, num_channels=2), rate, subtype=subtype)
    assert len(Source.of(tmp_path / "a.wav").read(16_000)) == pytest.approx(9_600, abs=4)


def test_an_empty_name_is_not_the_current_folder():
    with pytest.raises(TranscriptionError, match="an input has an empty name"):
        find_inputs([""], Wanted())
