import json
import subprocess
import sys

import pytest

from asr.cli import main


@pytest.fixture
def files(tmp_path):
    """Write a manifest and hypotheses in another order, with an extra one; return their paths."""
    rows = [
        {"audio_filepath": "a.wav", "duration": 1.0, "text": "IT WAS SO", "speaker": "s1"},
        {"audio_filepath": "b.wav", "duration": 1.0, "text": "NO", "speaker": "s2"},
    ]
    manifest, hypotheses = tmp_path / "m.jsonl", tmp_path / "h.txt"
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    hypotheses.write_text("b NO\nz WHO\na it IS SO\n")
    return manifest, hypotheses


def test_the_summary_goes_to_stdout_and_notes_to_stderr(files, capsys):
    assert main(["score", *map(str, files)]) == 0
    output = capsys.readouterr()
    assert output.out.startswith("WER 50.00 %")
    assert output.err == "1 utterance without a reference, such as z\n"


def test_reports_are_written_where_asked(files, tmp_path):
    json_file, markdown = tmp_path / "out" / "s.json", tmp_path / "out" / "r.md"
    arguments = ["--by", "speaker", "--normaliser", "upper", "--json", str(json_file), "--markdown", str(markdown)]
    assert main(["score", *map(str, files), *arguments]) == 0
    scores = json.loads(json_file.read_text())
    assert scores["wer"] == 0.25
    assert {value: rates["wer"] for value, rates in scores["groups"]["speaker"].items()} == {"s1": 1 / 3, "s2": 0.0}
    assert markdown.read_text().startswith("# Word error rate")


def test_a_missing_hypothesis_ends_with_status_2_unless_it_may_count_as_deletions(files, capsys):
    manifest, hypotheses = files
    hypotheses.write_text("a IT WAS SO\n")
    assert main(["score", str(manifest), str(hypotheses)]) == 2
    assert capsys.readouterr().err.startswith("asr: 1 of 2 references has no hypothesis: b: ")
    assert main(["score", str(manifest), str(hypotheses), "--missing", "deletions"]) == 0
    assert capsys.readouterr().out.startswith("WER 25.00 %")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--normaliser", "fancy"], "normaliser 'fancy' is unknown"), (["--by", "sex"], "no line has the key 'sex'")],
)
def test_wrong_usage_is_one_line_and_status_2(files, capsys, arguments, message):
    assert main(["score", *map(str, files), *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_scoring_needs_no_framework(files, tmp_path):
    (tmp_path / "said.txt").write_text("IT WAS\n")
    program = (
        "import sys; from asr.cli import main; main(sys.argv[1:]); "
        "assert not {'tensorflow', 'keras', 'librosa', 'numba'} & set(sys.modules)"
    )
    subprocess.run(
        [sys.executable, "-c", program, "score", *map(str, files), "--training-text", str(tmp_path / "said.txt")],
        check=True,
        capture_output=True,
    )
