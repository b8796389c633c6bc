import re

from asr.cli import main


def test_info_names_versions_devices_and_strategy(capsys):
    assert main(["info"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^keras: 3\.\d+", out, re.M)
    assert re.search(r"^strategy: OneDeviceStrategy, 1 replica: \S*CPU:0$", out, re.M)


def test_info_describes_a_run(tiny_run, capsys):
    assert main(["info", str(tiny_run)]) == 0
    out = capsys.readouterr().out
    assert "model: 2 x 16 lstm, bidirectional" in out
    assert "an output frame every 20 ms" in out
    assert "epochs: 1 of 1" in out
    assert "on the development set, in epoch 1" in out


def test_a_folder_that_is_no_run_is_wrong_usage(tmp_path, capsys):
    assert main(["info", str(tmp_path)]) == 2
    said = f"asr: {tmp_path}: not a run folder (no config.toml): name a folder that asr train wrote"
    assert capsys.readouterr().err.startswith(said)
