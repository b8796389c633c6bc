"""AN4 in each form that it is found in: imitations of the archive's layout, and the recordings themselves."""

import subprocess
import sys
import tarfile
from collections import Counter

import numpy as np
import pytest
import soundfile

from asr.audio import read_audio
from asr.errors import AudioError, ManifestError
from asr.manifest import read_manifest
from data_prep import an4

TRAIN = {"an1-fash-b": "YES", "an2-mblb-b": "RUBOUT G M E F THREE NINE", "cen1-fejs-b": "N E L S O N"}
TEST = {"an406-fcaw-b": "ERASE C Q Q F SEVEN"}


def samples_of(name):
    """Return 16-bit samples that differ by utterance."""
    return np.random.default_rng(sum(name.encode())).integers(-9000, 9000, 8000 + len(name), dtype=np.int16)


def write_recording(stem, suffix):
    stem.parent.mkdir(parents=True, exist_ok=True)
    path = stem.with_name(stem.name + suffix)
    samples = samples_of(stem.name)
    if suffix == ".raw":
        path.write_bytes(samples.astype(">i2").tobytes())
    elif suffix == ".sph":
        soundfile.write(path, samples, 16_000, format="NIST", subtype="PCM_16", endian="BIG")
    else:
        soundfile.write(path, samples, 16_000, subtype="PCM_16")


def append(path, text):
    path.write_text(path.read_text() + text)


@pytest.fixture
def corpus(tmp_path):
    """Return a function that writes an imitation of the unpacked archive with recordings of one suffix."""

    def write(suffix=".wav"):
        root = tmp_path / "source" / "an4"
        (root / "etc").mkdir(parents=True)
        for split, folder, texts in (("train", "an4_clstk", TRAIN), ("test", "an4test_clstk", TEST)):
            stems = [f"{folder}/{name.split('-')[1]}/{name}" for name in texts]
            (root / "etc" / f"an4_{split}.fileids").write_text("".join(f"{stem}\n" for stem in stems))
            line = "<s> {} </s> ({})\n" if split == "train" else "{} ({})\n"
            lines = [line.format(text, name) for name, text in reversed(texts.items())]  # joined by id, not by order
            (root / "etc" / f"an4_{split}.transcription").write_text("".join(lines))
            for stem in stems:
                write_recording(root / "wav" / stem, suffix)
        return root

    return write


@pytest.mark.parametrize("suffix", an4.SUFFIXES)
def test_every_form_gives_the_same_manifests_and_samples(corpus, tmp_path, report, suffix):
    corpus(suffix)
    preparation = an4.prepare(tmp_path / "out", tmp_path / "source", report)
    assert not preparation.failures
    assert [manifest.path.name for manifest in preparation.manifests] == ["train.jsonl", "dev.jsonl", "test.jsonl"]
    found = {u.id: u for name in ("train", "dev", "test") for u in read_manifest(tmp_path / "out" / f"{name}.jsonl")}
    assert {name: utterance.text for name, utterance in found.items()} == TRAIN | TEST
    for name, utterance in found.items():
        samples = samples_of(name)
        waveform = read_audio(utterance.audio_filepath, sample_rate_hz=16_000)
        np.testing.assert_array_equal(waveform * 32768, samples)
        assert utterance.duration == pytest.approx(len(samples) / 16_000, abs=1e-4)  # written with four decimals
        assert utterance.speaker == name.split("-")[1]
        assert utterance.extras == {"sex": utterance.speaker[0].upper()}


def test_development_speakers_leave_the_training_set(corpus, tmp_path, report):
    an4.prepare(tmp_path / "out", corpus(), report)
    assert [utterance.speaker for utterance in read_manifest(tmp_path / "out" / "dev.jsonl")] == ["fejs"]
    assert [utterance.speaker for utterance in read_manifest(tmp_path / "out" / "train.jsonl")] == ["fash", "mblb"]


def test_an_archive_is_unpacked_beside_the_manifests(corpus, tmp_path, report):
    with tarfile.open(tmp_path / "an4_sphere.tar.gz", "w:gz") as tar:
        tar.add(corpus(".sph"), arcname="an4")
    an4.prepare(tmp_path / "out", tmp_path / "an4_sphere.tar.gz", report)
    (utterance,) = read_manifest(tmp_path / "out" / "test.jsonl")
    assert utterance.audio_filepath == tmp_path / "out" / "an4/wav/an4test_clstk/fcaw/an406-fcaw-b.sph"


def test_preparing_again_changes_nothing(corpus, tmp_path, report):
    root = corpus(".raw")
    an4.prepare(tmp_path / "out", root, report)
    before = {path: (path.read_bytes(), path.stat().st_size) for path in (tmp_path / "out").rglob("*.*")}
    waves = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.wav")}
    an4.prepare(tmp_path / "out", root, report)
    assert {path: (path.read_bytes(), path.stat().st_size) for path in before} == before
    assert {path: path.stat().st_mtime_ns for path in waves} == waves  # converted once


def test_a_recording_that_is_missing_or_broken_is_a_failure_of_its_own(corpus, tmp_path, report):
    root = corpus(".raw")
    (root / "wav/an4_clstk/fash/an1-fash-b.raw").unlink()
    (root / "wav/an4_clstk/mblb/an2-mblb-b.raw").write_bytes(b"odd")
    write_recording(root / "wav/an4_clstk/mblb/an3-mblb-b", ".raw")
    append(root / "etc/an4_train.fileids", "an4_clstk/mblb/an3-mblb-b\n")
    append(root / "etc/an4_train.transcription", "<s> NO </s> (an3-mblb-b)\n")
    preparation = an4.prepare(tmp_path / "out", root, report)
    assert set(preparation.failures) == {"an1-fash-b", "an2-mblb-b"}
    assert "not whole 16-bit samples" in preparation.failures["an2-mblb-b"]
    assert [utterance.id for utterance in read_manifest(tmp_path / "out" / "train.jsonl")] == ["an3-mblb-b"]


def test_lists_that_disagree_are_named(corpus, tmp_path, report):
    root = corpus()
    append(root / "etc/an4_test.fileids", "an4test_clstk/fcaw/an999-fcaw-b\n")
    with pytest.raises(ManifestError, match=r"an4_test\.fileids: 1 utterances .*'an999-fcaw-b'"):
        an4.prepare(tmp_path / "out", root, report)


@pytest.mark.parametrize(
    ("lines", "message"),
    [("<s> YES </s>\n", ":1: '<s> YES </s>' does not end"), ("YES (a)\nNO (a)\n", ":2: id 'a' appears twice")],
)
def test_malformed_transcripts_are_named_by_line(tmp_path, lines, message):
    (tmp_path / "x.transcription").write_text(lines)
    with pytest.raises(ManifestError, match=message):
        an4.read_transcripts(tmp_path / "x.transcription")


def test_a_folder_without_the_corpus_is_refused(tmp_path, report):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ManifestError, match=r"neither the unpacked corpus nor an4_sphere\.tar\.gz"):
        an4.prepare(tmp_path / "out", tmp_path / "empty", report)


def test_a_raw_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(AudioError, match=r"no\.raw: No such file"):
        an4.convert_raw(tmp_path / "no.raw", tmp_path / "no.wav")


def test_no_two_names_of_one_person_are_on_both_sides():
    """A digit marks a second speaker of the same initials, or the same one again: all of a name stay in training."""
    assert len(an4.DEV_SPEAKERS) == 8
    assert not any(name[-1].isdigit() for name in an4.DEV_SPEAKERS)
    assert not an4.DEV_SPEAKERS & {"flmm", "fsaf", "mdcs", "mjjs", "mrjc", "mscg"}
    assert Counter(name[0] for name in an4.DEV_SPEAKERS) == {"m": 5, "f": 3}


def test_the_real_recordings_give_844_104_and_130_utterances(shared_data, tmp_path, report):
    # The flac files are read where they are; restore.py would only write them anew as wav.
    preparation = an4.prepare(tmp_path, shared_data / "an4", report)
    assert not preparation.failures
    assert [manifest.num_utterances for manifest in preparation.manifests] == [844, 104, 130]
    splits = {name: read_manifest(tmp_path / f"{name}.jsonl") for name in ("train", "dev", "test")}
    speakers = {name: {utterance.speaker for utterance in utterances} for name, utterances in splits.items()}
    assert {name: len(members) for name, members in speakers.items()} == {"train": 66, "dev": 8, "test": 10}
    assert not speakers["train"] & speakers["dev"] and not speakers["test"] & (speakers["train"] | speakers["dev"])
    assert sum(len(utterance.text.split()) for utterance in splits["test"]) == 773
    assert sum(manifest.seconds for manifest in preparation.manifests) / 3600 == pytest.approx(0.81, abs=0.01)


def test_the_restored_recordings_give_the_same(shared_data, tmp_path, report):
    script = shared_data / "restore.py"
    subprocess.run([sys.executable, script, tmp_path / "restored", "--only", "an4"], check=True, timeout=120)
    preparation = an4.prepare(tmp_path / "out", tmp_path / "restored", report)
    assert [manifest.num_utterances for manifest in preparation.manifests] == [844, 104, 130]
