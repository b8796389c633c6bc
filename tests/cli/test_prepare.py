import pytest

from asr.cli import main
from asr.shards import open_shards


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text("[features]\nnum_mels = 20\n[augment]\nspeeds = [1.0, 0.9]\n")
    return path


def test_prepare_writes_a_folder_and_says_how_much(data, config, tmp_path, capsys):
    output = tmp_path / "out"
    command = ["prepare", str(data / "an4.jsonl"), "--config", str(config), "--output", str(output), "--jobs", "1"]
    assert main(command) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f"{output}: 3 utterances, 0 failed\n"
    assert len(open_shards(output)) == 3


def test_quiet_says_nothing_and_set_changes_the_config(data, config, tmp_path, capsys):
    arguments = ["prepare", str(data / "an4.jsonl"), "--config", str(config), "--output", str(tmp_path / "out")]
    assert main([*arguments, "--augment", "--jobs", "1", "--quiet", "--set", "augment.speeds=[1.1]"]) == 0
    assert capsys.readouterr().err == ""
    assert [entry.id for entry in open_shards(tmp_path / "out").entries[:2]] == ["an440-mjgm-b", "an440-mjgm-b-sp1.1"]


def test_a_bad_file_is_one_line_on_stderr_and_exit_status_1(data, config, tmp_path, capsys):
    manifest = tmp_path / "m.jsonl"
    good = (data / "an4.jsonl").read_text().replace('"an4', f'"{data}/an4').replace(f'"id": "{data}/', '"id": "')
    manifest.write_text(good + '{"id": "bad", "audio_filepath": "gone.wav", "duration": 1.0, "text": "A"}\n')
    command = ["prepare", str(manifest), "--config", str(config), "--output", str(tmp_path / "out"), "--jobs", "1"]
    assert main(command) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert first == f"asr: bad: {tmp_path}/gone.wav: No such file or directory: name a sound file that is there"
    assert second == f"{tmp_path}/out: 3 utterances, 1 failed"
    assert main([*command, "--resume"]) == 1  # nothing is done again, and nothing is forgotten
    assert capsys.readouterr().err.splitlines()[0] == first
    assert main(command) == 2
    assert "is there already" in capsys.readouterr().err


def test_parts_are_made_and_merged(data, config, tmp_path, capsys):
    manifest = str(data / "an4.jsonl")
    for number in (1, 2):
        part = ["--shard", f"{number}/2", "--output", str(tmp_path / f"part-{number}")]
        assert main(["prepare", manifest, "--config", str(config), "--jobs", "1", *part]) == 0
    capsys.readouterr()
    parts = [str(tmp_path / "part-1"), str(tmp_path / "part-2")]
    assert main(["merge", parts[1], "--output", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.startswith("asr: 1/2: not among the parts")
    assert main(["merge", parts[1], str(tmp_path / "nowhere"), "--output", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.startswith(f"asr: {tmp_path}/nowhere: ")
    assert main(["merge", *parts, "--output", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().err == f"{tmp_path}/out: 3 utterances\n"
    assert len(open_shards(tmp_path / "out")) == 3


@pytest.mark.parametrize(
    ("option", "value"), [("--shard", "0/2"), ("--shard", "3/2"), ("--shard", "2"), ("--jobs", "0"), ("--jobs", "x")]
)
def test_options_out_of_range_are_wrong_usage(option, value, data, config, tmp_path, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["prepare", str(data / "an4.jsonl"), "--config", str(config), "--output", "o", option, value])
    assert caught.value.code == 2
    assert value in capsys.readouterr().err
