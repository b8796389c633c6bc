import tarfile

import pytest

from asr.errors import ManifestError
from asr.manifest import read_manifest
from data_prep import common_voice

HEADER = "client_id\tpath\tsentence\tup_votes\tage\tgender\tlocale\n"


@pytest.fixture
def folder(tmp_path, write_tone):
    """Write two clips and return a language's folder of a release."""
    folder = tmp_path / "cv-corpus-17.0" / "en"
    for name in ("cv_1", "cv_2"):
        write_tone(folder / "clips" / f"{name}.mp3", format="MP3")
    return folder


def test_a_table_gives_sentences_speakers_and_language(folder, tmp_path, report):
    (folder / "train.tsv").write_text(
        HEADER + 'k1\tcv_1.mp3\t"She\'ll be all right."\t2\ttwenties\tfemale\ten\nk2\tcv_2.mp3\tYes.\t2\t\t\ten\n'
    )
    preparation = common_voice.prepare(tmp_path / "out", folder / "train.tsv", report)
    assert not preparation.failures
    first, second = read_manifest(tmp_path / "out" / "train.jsonl")
    assert first.text == '"She\'ll be all right."'  # quotation marks are part of the sentence
    assert (first.id, first.speaker, first.lang) == ("cv_1", "k1", "en")
    assert first.extras == {"age": "twenties", "gender": "female"}
    assert second.extras == {}
    assert first.duration == pytest.approx(0.5, abs=0.15)  # MP3 pads to whole frames


def test_early_releases_leave_out_the_suffix(folder, tmp_path, report):
    (folder / "dev.tsv").write_text("path\tsentence\ncv_1\tYes.\n")
    common_voice.prepare(tmp_path / "out", folder / "dev.tsv", report)
    assert read_manifest(tmp_path / "out" / "dev.jsonl")[0].audio_filepath == folder / "clips" / "cv_1.mp3"


def test_a_release_is_found_below_the_folder_or_in_its_archive(folder, tmp_path, report):
    for name in ("train", "dev", "validated"):
        (folder / f"{name}.tsv").write_text(HEADER + "k\tcv_1.mp3\tYes.\t2\t\t\ten\n")
    with tarfile.open(tmp_path / "cv.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "cv-corpus-17.0", "cv-corpus-17.0")
    for source in (tmp_path / "cv-corpus-17.0", tmp_path / "cv.tar.gz"):
        preparation = common_voice.prepare(tmp_path / "out", source, report)
        assert [written.path.name for written in preparation.manifests] == ["train.jsonl", "dev.jsonl"]


def test_a_deepspeech_table_gives_paths_relative_to_it(folder, tmp_path, report, write_tone):
    write_tone(folder / "a" / "1.wav")
    (folder / "test.csv").write_text('wav_filename,wav_filesize,transcript\na/1.wav,16044,"well, yes"\n')
    common_voice.prepare(tmp_path / "out", folder / "test.csv", report)
    (utterance,) = read_manifest(tmp_path / "out" / "test.jsonl")
    assert (utterance.id, utterance.text) == ("a/1", "well, yes")


def test_a_clip_that_is_not_there_is_a_failure(folder, tmp_path, report):
    (folder / "train.tsv").write_text("path\tsentence\ncv_1.mp3\tYes.\ncv_9.mp3\tNo.\n")
    preparation = common_voice.prepare(tmp_path / "out", folder / "train.tsv", report)
    assert set(preparation.failures) == {"cv_9"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"train\.tsv:1: columns are missing"),
        ("path\ttext\na\tb\n", r"train\.tsv:1: columns are path, text"),
        ("path\tsentence\n\tNobody.\n", r"train\.tsv:2: no sound file is named"),
        ("path\tsentence\ncv_1.mp3\n", r"train\.tsv:2: not 2 columns"),
        ("path\tsentence\ncv_1.mp3\ta\tb\n", r"train\.tsv:2: not 2 columns"),
        ("path\tsentence\ncv_1.mp3\ta\ncv_1.mp3\tb\n", r"train\.tsv:3: 'cv_1' appears twice"),
    ],
)
def test_malformed_tables_are_named_by_line(folder, tmp_path, report, content, message):
    (folder / "train.tsv").write_text(content)
    with pytest.raises(ManifestError, match=message):
        common_voice.prepare(tmp_path / "out", folder / "train.tsv", report)


def test_bytes_that_are_not_utf8_are_named(folder, tmp_path, report):
    (folder / "train.tsv").write_bytes(b"path\tsentence\ncv_1.mp3\tcaf\xe9\n")
    with pytest.raises(ManifestError, match="not UTF-8"):
        common_voice.prepare(tmp_path / "out", folder / "train.tsv", report)
