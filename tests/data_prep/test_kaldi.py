import pytest

from asr.errors import ManifestError
from asr.manifest import read_manifest
from data_prep import kaldi


@pytest.fixture
def data(tmp_path, write_tone):
    """Return a function that writes files of a data folder, relative to which `../../wav/rec1.wav` is half a second."""

    def write(name="train", **files):
        write_tone(tmp_path / "egs" / "wav" / "rec1.wav")
        write_tone(tmp_path / "egs" / "wav" / "rec2.wav")
        folder = tmp_path / "egs" / "data" / name
        folder.mkdir(parents=True)
        for file, content in files.items():
            (folder / file.replace("_", ".")).write_text(content)
        return folder

    return write


SCP = "a wav/rec1.wav\nb wav/rec2.wav\n"  # relative to egs, where Kaldi's scripts run


def test_utterances_have_text_speaker_and_sex(data, tmp_path, report):
    folder = data(wav_scp=SCP, text="b NO  NO\na YES\n", utt2spk="a kim\nb lee\n", spk2gender="kim f\nlee m\n")
    preparation = kaldi.prepare(tmp_path / "out", folder, report)
    assert not preparation.failures
    b, a = read_manifest(tmp_path / "out" / "train.jsonl")
    assert (b.id, b.text, b.speaker, b.extras) == ("b", "NO  NO", "lee", {"sex": "M"})
    assert (a.speaker, a.extras, a.duration) == ("kim", {"sex": "F"}, 0.5)
    assert a.audio_filepath == tmp_path / "egs" / "wav" / "rec1.wav"


def test_segments_cut_recordings(data, tmp_path, report):
    folder = data(wav_scp=SCP, segments="a-1 a 0.1 0.3\na-2 a 0.3 -1\n", text="a-1 ONE\na-2 TWO\n")
    kaldi.prepare(tmp_path / "out", folder, report)
    one, two = read_manifest(tmp_path / "out" / "train.jsonl")
    assert (one.offset, one.duration) == (0.1, 0.2)
    assert (two.offset, two.duration) == (0.3, 0.2)  # to the end


def test_each_data_folder_of_a_folder_becomes_a_manifest_of_its_name(data, tmp_path, report):
    data("train", wav_scp=SCP, text="a YES\n b NO\n")
    data("test", wav_scp=SCP, text="a YES\nb NO\n")
    preparation = kaldi.prepare(tmp_path / "out", tmp_path / "egs" / "data", report)
    assert [written.path.name for written in preparation.manifests] == ["test.jsonl", "train.jsonl"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("b sph2pipe -f wav b.sph |", r"wav\.scp:2: b: a command, and commands are not run"),
        ("b | sox b.wav", r"wav\.scp:2: b: a command"),
        ("b feats/raw.ark:1234", r"wav\.scp:2: b: a place in a Kaldi archive"),
        ("b", r"wav\.scp:2: b: no path"),
        ("a wav/rec2.wav", r"wav\.scp:2: 'a' appears twice"),
        ("", r"wav\.scp:2: the line is empty"),
    ],
)
def test_what_cannot_be_read_is_refused_by_line(data, tmp_path, report, line, message):
    folder = data(wav_scp=f"a wav/rec1.wav\n{line}\nc wav/rec2.wav\n", text="a YES\n")
    with pytest.raises(ManifestError, match=message):
        kaldi.prepare(tmp_path / "out", folder, report)


@pytest.mark.parametrize("line", ["a-1 a 0.1", "a-1 a x y", "a-1", "a-1 a 0.3 0.3", "a-1 a -1 3", "a-1 a 0 inf"])
def test_malformed_segments_are_named_by_line(data, tmp_path, report, line):
    folder = data(wav_scp=SCP, segments=line + "\n", text="a-1 YES\n")
    with pytest.raises(ManifestError, match=r"segments:1: a-1"):
        kaldi.prepare(tmp_path / "out", folder, report)


def test_utterances_without_text_or_recording_are_failures(data, tmp_path, report):
    folder = data(wav_scp=SCP, text="a YES\nc WHO\n")
    preparation = kaldi.prepare(tmp_path / "out", folder, report)
    assert "no line" in preparation.failures["b"]
    assert "no recording" in preparation.failures["c"]
    assert preparation.manifests[0].num_utterances == 1


def test_a_folder_without_recordings_or_text_is_refused(data, tmp_path, report):
    with pytest.raises(ManifestError, match=r"no wav\.scp"):
        kaldi.prepare(tmp_path / "out", tmp_path, report)
    with pytest.raises(ManifestError, match="text: No such file"):
        kaldi.prepare(tmp_path / "out", data(wav_scp=SCP), report)
