import json
import math
from pathlib import Path

from asr.report.page.training_data import training_page
from asr.report.training import read_trainings

AN4 = Path(__file__).resolve().parents[3] / "recipes" / "an4" / "results" / "greedy"


def test_samples_are_aligned_epoch_by_epoch():
    page = training_page(read_trainings([AN4], ["asr", "report", "a b"]))
    data = json.loads(page.split('id="data">')[1].split("</script>")[0])
    (run,) = data["runs"]
    assert data["command"] == "asr report 'a b'"
    num_epochs = len(run["epochs"])
    assert [len(sample["found"]) for sample in run["samples"]] == [num_epochs] * 3
    first = run["samples"][0]
    assert first["text"] == "RUBOUT C Y R B SEVEN EIGHT"
    assert first["found"][0] == {"edits": "DDDDDDD"}  # nothing was heard yet
    assert run["epochs"][run["best"]["epoch"] - 1]["wer"] == run["best"]["rate"]


def test_a_loss_that_is_not_finite_is_a_gap(tmp_path):
    epochs = [json.loads(line) for line in (AN4 / "history.jsonl").read_text().splitlines()[:3]]
    epochs[1] |= {"loss": math.nan, "val_loss": math.inf}
    (tmp_path / "history.jsonl").write_text("".join(json.dumps(epoch) + "\n" for epoch in epochs))
    page = training_page(read_trainings([tmp_path], ["asr", "report"]))
    (run,) = json.loads(page.split('id="data">')[1].split("</script>")[0])["runs"]
    assert run["diverged"] == 2
    assert [(epoch["loss"] is None, epoch["val_loss"] is None) for epoch in run["epochs"]] == [
        (False, False),
        (True, True),
        (False, False),
    ]
