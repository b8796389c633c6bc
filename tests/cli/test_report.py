import json
from pathlib import Path

from asr.cli import main

AN4 = Path(__file__).resolve().parents[2] / "recipes" / "an4" / "results" / "greedy"


def test_a_training_is_summed_up_on_the_terminal(capsys):
    assert main(["report", str(AN4)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [
        "run",
        "epochs",
        "best",
        "at",
        "loss",
        "dev",
        "loss",
        "hours",
        "frames/s",
        "data",
        "wait",
    ]
    rates = [json.loads(line)["wer"] for line in (AN4 / "history.jsonl").read_text().splitlines()]
    best = 1 + rates.index(min(rates))
    assert lines[1].split()[:6] == ["greedy", str(len(rates)), "WER", f"{100 * min(rates):.2f}", "%", str(best)]
    assert any(line.endswith(f", greedy, epoch {best}") for line in lines)


def test_a_page_is_written_where_asked(tmp_path):
    page = tmp_path / "out" / "training.html"
    assert main(["report", str(AN4), "--html", str(page)]) == 0
    assert "<title>Training of greedy</title>" in page.read_text()


def test_a_long_name_and_its_numbers_stay_on_one_line_in_a_pipe(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    run = tmp_path / ("a_training_with_a_name_" * 5)
    run.mkdir()
    (run / "history.jsonl").write_text((AN4 / "history.jsonl").read_text())
    assert main(["report", str(run), str(run)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(run.name in line and "%" in line for line in lines[1:3])


def test_a_page_tells_the_command_that_made_it(tmp_path):
    page = tmp_path / "training.html"
    assert main(["report", str(AN4), "--html", str(page)]) == 0
    assert f"asr report {AN4} --html {page}" in page.read_text()


def test_a_folder_that_holds_no_run_is_one_line_and_status_2(tmp_path, capsys):
    assert main(["report", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert "history.jsonl" in error and error.count("\n") == 1


def test_a_history_is_not_replaced_by_a_page(tmp_path, capsys):
    history = tmp_path / "history.jsonl"
    history.write_text((AN4 / "history.jsonl").read_text())
    assert main(["report", str(tmp_path), "--html", str(history)]) == 2
    assert "is read by this command" in capsys.readouterr().err


def test_a_page_of_gates_is_written_for_each_utterance(tiny_run, data, tmp_path, capsys):
    command = ["report", str(tiny_run), "--gates", str(data / "an4.jsonl"), "--layer", "1", "--output", str(tmp_path)]
    assert main(command) == 0
    pages = sorted(path.name for path in tmp_path.iterdir())
    assert pages == ["an409-fcaw-b.html", "an440-mjgm-b.html", "an443-mmxg-b.html"]
    assert capsys.readouterr().out.splitlines() == [
        str(tmp_path / f"{name}.html") for name in ("an440-mjgm-b", "an443-mmxg-b", "an409-fcaw-b")
    ]
    assert "<title>Gates over an409-fcaw-b</title>" in (tmp_path / pages[0]).read_text()


def test_gates_over_no_utterance_are_an_error(tmp_path, capsys):
    (tmp_path / "none.jsonl").touch()
    assert main(["report", str(AN4), "--gates", str(tmp_path / "none.jsonl")]) == 2
    assert f"asr: {tmp_path}/none.jsonl: no utterances" in capsys.readouterr().err


def test_gates_are_of_one_run_and_their_options_need_them(capsys):
    assert main(["report", str(AN4), str(AN4), "--gates", "m.jsonl"]) == 2
    assert "--gates: draws one run" in capsys.readouterr().err
    assert main(["report", str(AN4), "--layer", "1"]) == 2
    assert "--layer: is for pages of gates: add --gates MANIFEST" in capsys.readouterr().err
