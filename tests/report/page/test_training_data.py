import json
from pathlib import Path

from asr.report.page.training_data import training_page
from asr.report.training import read_trainings

AN4 = Path(__file__).resolve().parents[3] / "recipes" / "an4" / "results" / "greedy"


def test_samples_are_aligned_epoch_by_epoch():
    page = training_page(read_trainings([AN4], ["asr", "report", "a b"]))
    data = json.loads(page.split('id="data">')[1].split("</script>")[0])
    (run,) = data["runs"]
    assert data["command"] == "asr report 'a b'"
    assert [len(sample["found"]) for sample in run["samples"]] == [40, 40, 40]
    first = run["samples"][0]
    assert first["text"] == "RUBOUT C Y R B SEVEN EIGHT"
    assert first["found"][0] == {"edits": "DDDDDDD"}  # nothing was heard yet
    assert run["epochs"][27]["wer"] == run["best"]["rate"]
