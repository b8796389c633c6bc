"""Mini LibriSpeech from its own layout and from one with LibriSpeech's dev-clean in place of dev-clean-2."""

import pytest

from asr.errors import ManifestError
from asr.manifest import read_manifest
from data_prep import mini_librispeech

TEN = ("1272", "1462", "1673", "174", "1988", "2078", "2277", "2428", "777", "84")


def write_subset(root, subset, speakers, write_tone):
    for speaker in speakers:
        folder = root / subset / speaker / "1"
        write_tone(folder / f"{speaker}-1-0000.flac", seconds=0.2)
        (folder / f"{speaker}-1.trans.txt").write_text(f"{speaker}-1-0000 YES\n")


@pytest.fixture
def corpus(tmp_path, write_tone):
    def write(development, speakers=TEN):
        root = tmp_path / "source" / "LibriSpeech"
        write_subset(root, "train-clean-5", ("118", "1088"), write_tone)
        write_subset(root, development, speakers, write_tone)
        return root

    return write


@pytest.mark.parametrize("development", ["dev-clean-2", "dev-clean"])
def test_the_development_set_is_divided_by_speaker(corpus, tmp_path, report, development):
    preparation = mini_librispeech.prepare(tmp_path / "out", corpus(development), report)
    assert [manifest.path.stem for manifest in preparation.manifests] == [
        "train-clean-5",
        development,
        "dev-tune",
        "dev-report",
    ]
    speakers = {
        name: [utterance.speaker for utterance in read_manifest(tmp_path / "out" / f"{name}.jsonl")]
        for name in ("dev-tune", "dev-report")
    }
    assert speakers["dev-tune"] == ["1272", "1462", "1673", "174", "1988"]
    assert speakers["dev-report"] == ["2078", "2277", "2428", "777", "84"]


def test_without_a_development_folder_nothing_is_written(corpus, tmp_path, report):
    root = corpus("test-clean")
    with pytest.raises(ManifestError, match="neither dev-clean-2 nor dev-clean"):
        mini_librispeech.prepare(tmp_path / "out", root, report)
    assert not (tmp_path / "out").exists()


def test_a_development_set_without_the_reported_speakers_is_refused(corpus, tmp_path, report):
    with pytest.raises(ManifestError, match=r"dev-report\.jsonl: no utterance"):
        mini_librispeech.prepare(tmp_path / "out", corpus("dev-clean", TEN[:5]), report)
