import json
import shutil

import pytest

from asr.cli import main


@pytest.fixture
def words(data, tmp_path, monkeypatch):
    """Work in a folder with three real recordings of a word and one file that is broken."""
    monkeypatch.chdir(tmp_path)
    for name in ("an409-fcaw-b.flac", "an440-mjgm-b.flac", "an443-mmxg-b.wav"):
        shutil.copy(data / name, tmp_path)
    (tmp_path / "broken.wav").write_text("not a sound")
    return ["an409-fcaw-b.flac", "an440-mjgm-b.flac", "an443-mmxg-b.wav"]


def test_one_file_goes_to_stdout_as_text_or_json(tiny_run, words, tmp_path, capsys):
    before = set(tmp_path.iterdir())
    assert main(["transcribe", words[0], "-m", str(tiny_run), "-f", "json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert value["audio"] == words[0]
    assert value["duration"] == pytest.approx(0.8)
    assert main(["transcribe", words[0], "-m", str(tiny_run)]) == 0
    output = capsys.readouterr()
    assert (output.out.strip(), output.err) == (value["text"], "")
    assert set(tmp_path.iterdir()) == before


def test_many_files_become_files_and_a_broken_one_is_named(tiny_run, words, tmp_path, capsys):
    command = [
        "transcribe",
        words[0],
        "broken.wav",
        words[2],
        "nowhere.wav",
        "-m",
        str(tiny_run),
        "--output_dir",
        "out",
    ]
    assert main([*command, "--output_format", "txt,json", "--beam_size", "4"]) == 1
    output = capsys.readouterr()
    named = [line for line in output.err.splitlines() if line.startswith("asr: ")]
    assert output.out == "" and len(named) == 2
    assert named[0].startswith("asr: broken.wav: ") and named[1].startswith("asr: nowhere.wav: ")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "an409-fcaw-b.json",
        "an409-fcaw-b.txt",
        "an443-mmxg-b.json",
        "an443-mmxg-b.txt",
    ]


def test_several_files_without_a_folder_are_written_here_in_every_format(tiny_run, words, tmp_path):
    assert main(["transcribe", *words[:2], "-m", str(tiny_run), "-q"]) == 0
    assert {path.name for path in tmp_path.glob("an*.[tj]*")} == {
        f"{stem}.{suffix}" for stem in ("an409-fcaw-b", "an440-mjgm-b") for suffix in ("txt", "json")
    }


def test_transcripts_that_are_there_are_kept_replaced_or_completed(tiny_run, words, tmp_path, capsys):
    command = ["transcribe", *words[:2], "-m", str(tiny_run), "-o", ".", "-f", "txt"]
    there, other = tmp_path / "an409-fcaw-b.txt", tmp_path / "an440-mjgm-b.txt"
    there.write_text("mine\n")
    assert main(command) == 2
    assert "an409-fcaw-b.txt: there already" in capsys.readouterr().err
    assert not other.exists()
    assert main([*command, "--resume"]) == 0
    assert there.read_text() == "mine\n" and other.exists()
    assert main([*command, "--resume"]) == 0
    assert main([*command, "--overwrite"]) == 0
    assert there.read_text() != "mine\n"


def test_a_broken_file_alone_is_status_1(tiny_run, words, capsys):
    assert main(["transcribe", "broken.wav", "-m", str(tiny_run)]) == 1
    output = capsys.readouterr()
    assert output.out == "" and output.err.startswith("asr: broken.wav: ") and output.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["an409-fcaw-b.flac"], "no model: name a run folder"),
        (["an409-fcaw-b.flac", "-m", "nowhere"], "nowhere: not a run folder"),
        (["an409-fcaw-b.flac", "-m", "nowhere", "-f", "docx"], "'docx' is unknown"),
        (["an409-fcaw-b.flac", "-m", "nowhere", "-f", "all"], "stdout takes one format"),
        (["a/x.wav", "b/x.flac", "-m", "nowhere"], "both a/x.wav and b/x.flac would write it"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2_before_any_work(words, tmp_path, capsys, arguments, message):
    before = set(tmp_path.iterdir())
    assert main(["transcribe", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error and error.startswith("asr: ") and error.count("\n") == 1
    assert set(tmp_path.iterdir()) == before


def test_a_folder_that_cannot_be_written_is_one_line(tiny_run, words, tmp_path, capsys):
    (tmp_path / "file").touch()
    assert main(["transcribe", words[0], "-m", str(tiny_run), "-o", "file"]) == 2
    error = capsys.readouterr().err.splitlines()
    assert error[-1].startswith("asr: file")


def test_a_transcription_takes_the_options_of_a_search(tiny_run, data, tmp_path, capsys):
    lexicon = tmp_path / "lexicon.txt"
    lexicon.write_text("GO\n")
    sound = next(data.glob("an4*.*[!l]"))
    command = ["transcribe", str(sound), "-m", str(tiny_run), "--lexicon", str(lexicon), "--beam-size", "10", "-q"]
    assert main(command) == 0
    assert set(capsys.readouterr().out.split()) <= {"GO"}
