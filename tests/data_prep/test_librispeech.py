"""LibriSpeech on a small imitation of its layout: the real folders and lists, synthesised tones for speech."""

import tarfile

import pytest

from asr.errors import ManifestError
from asr.manifest import read_manifest
from data_prep import librispeech

SPEAKERS = """\
; Some pipe(|) separated metadata about all LibriVox readers, whose work was used
; in the corpus.
;
;ID  |SEX| SUBSET           |MINUTES| NAME
60   | M | train-clean-100  | 20.18 | |CBW|Simon
1272 | M | dev-clean        |  8.04 | Anonymous
1462 | F | dev-clean        |  8.04 | Somebody
"""


@pytest.fixture
def corpus(tmp_path, write_tone):
    """Write dev-clean with two speakers and train-clean-100 with one; return the folder above LibriSpeech."""
    root = tmp_path / "source" / "LibriSpeech"
    root.mkdir(parents=True)
    (root / "SPEAKERS.TXT").write_text(SPEAKERS)
    for subset, speaker, chapter, count in (
        ("dev-clean", "1272", "135031", 3),
        ("dev-clean", "1462", "170138", 2),
        ("train-clean-100", "60", "121082", 2),
    ):
        folder = root / subset / speaker / chapter
        names = [f"{speaker}-{chapter}-{number:04d}" for number in range(count)]
        for number, name in enumerate(names):
            write_tone(folder / f"{name}.flac", seconds=0.3 + 0.1 * number)
        lines = "".join(f"{name} IT'S UTTERANCE NUMBER {number}\n" for number, name in enumerate(names))
        (folder / f"{speaker}-{chapter}.trans.txt").write_text(lines)
    return root.parent


def prepare(source, folder, report, *subsets):
    return librispeech.prepare(folder, source, report, subsets or tuple(librispeech.SUBSETS))


def test_each_subset_that_is_there_becomes_a_manifest(corpus, tmp_path, report):
    preparation = prepare(corpus, tmp_path / "out", report)
    assert not preparation.failures
    sizes = {manifest.path.name: manifest.num_utterances for manifest in preparation.manifests}
    assert sizes == {"dev-clean.jsonl": 5, "train-clean-100.jsonl": 2}


def test_an_utterance_has_the_corpus_own_id_its_speaker_and_the_speakers_sex(corpus, tmp_path, report):
    prepare(corpus, tmp_path / "out", report, "dev-clean")
    utterance = read_manifest(tmp_path / "out" / "dev-clean.jsonl")[-1]
    assert utterance.id == "1462-170138-0001"
    assert utterance.text == "IT'S UTTERANCE NUMBER 1"
    assert utterance.duration == pytest.approx(0.4)
    assert (utterance.speaker, utterance.extras) == ("1462", {"sex": "F"})


@pytest.mark.parametrize("where", [".", "LibriSpeech"])
def test_the_folder_may_be_the_root_or_the_one_above(corpus, tmp_path, report, where):
    assert len(prepare(corpus / where, tmp_path / "out", report).manifests) == 2


def test_a_folder_of_archives_is_unpacked_subset_by_subset(corpus, tmp_path, report, monkeypatch):
    archives = tmp_path / "archives"
    archives.mkdir()
    for subset in ("dev-clean", "train-clean-100"):
        with tarfile.open(archives / f"{subset}.tar.gz", "w:gz") as tar:
            tar.add(corpus / "LibriSpeech" / "SPEAKERS.TXT", "LibriSpeech/SPEAKERS.TXT")
            tar.add(corpus / "LibriSpeech" / subset, f"LibriSpeech/{subset}")
    with pytest.raises(Exception, match="sha256"):  # imitations do not have the real checksums
        prepare(archives, tmp_path / "out", report)
    monkeypatch.setattr(
        librispeech, "SUBSETS", {name: (hours, None) for name, (hours, _) in librispeech.SUBSETS.items()}
    )
    preparation = prepare(archives, tmp_path / "out", report)
    assert sorted(manifest.path.name for manifest in preparation.manifests) == [
        "dev-clean.jsonl",
        "train-clean-100.jsonl",
    ]
    (first, *_) = read_manifest(tmp_path / "out" / "dev-clean.jsonl")
    assert first.audio_filepath.is_relative_to(tmp_path / "out" / "LibriSpeech" / "dev-clean")


def test_a_recording_without_transcript_and_the_reverse_are_failures(corpus, tmp_path, report):
    chapter = corpus / "LibriSpeech/dev-clean/1272/135031"
    (chapter / "1272-135031-0000.flac").unlink()
    (chapter / "1272-135031-0001.flac").rename(chapter / "1272-135031-0009.flac")
    preparation = prepare(corpus, tmp_path / "out", report, "dev-clean")
    assert set(preparation.failures) == {"1272-135031-0000", "1272-135031-0001", "1272-135031-0009"}
    assert preparation.manifests[0].num_utterances == 3


def test_a_truncated_recording_is_a_failure_and_the_others_are_written(corpus, tmp_path, report):
    path = corpus / "LibriSpeech/dev-clean/1272/135031/1272-135031-0000.flac"
    path.write_bytes(b"")
    preparation = prepare(corpus, tmp_path / "out", report, "dev-clean")
    assert "empty" in preparation.failures["1272-135031-0000"]
    assert preparation.manifests[0].num_utterances == 4


def test_a_subset_that_is_not_there_is_named(corpus, tmp_path, report):
    with pytest.raises(ManifestError, match=r"test-clean\.tar\.gz"):
        prepare(corpus, tmp_path / "out", report, "test-clean")


def test_a_subset_in_which_nothing_can_be_used_writes_nothing(corpus, tmp_path, report):
    for path in (corpus / "LibriSpeech/train-clean-100").rglob("*.flac"):
        path.unlink()
    with pytest.raises(ManifestError, match="no utterance could be used"):
        prepare(corpus, tmp_path / "out", report)
    assert not list((tmp_path / "out").glob("*.jsonl"))


@pytest.mark.parametrize(
    ("lines", "message"), [("a-1 X\na-2\n", ":2: 'a-2' has no text"), ("a-1 X\na-1 Y\n", ":2: 'a-1' appears twice")]
)
def test_malformed_transcripts_are_named_by_line(tmp_path, lines, message):
    (tmp_path / "a.trans.txt").write_text(lines)
    with pytest.raises(ManifestError, match=message):
        librispeech.read_transcripts(tmp_path / "a.trans.txt")


def test_a_malformed_list_of_speakers_is_named_by_line(tmp_path):
    (tmp_path / "SPEAKERS.TXT").write_text("; comment\n14 | X | train | 1 | A\n")
    with pytest.raises(ManifestError, match=r"SPEAKERS\.TXT:2:"):
        librispeech.read_sexes(tmp_path / "SPEAKERS.TXT")


def test_the_real_list_of_speakers_has_all_2484(shared_data):
    sexes = librispeech.read_sexes(shared_data / "LibriSpeech" / "SPEAKERS.TXT")
    assert len(sexes) == 2484
    assert {name for name in ("1462", "1673", "1988", "2277", "84") if sexes[name] == "F"} == {
        "1462", "1673", "1988", "2277", "84"
    }  # fmt: skip
    assert {sexes[name] for name in ("1272", "174", "2078", "2428", "777", "60")} == {"M"}
