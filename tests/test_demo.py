"""`make demo`, from recordings to a word error rate; the script is run as its users run it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import SHARED_DATA

DEMO = Path(__file__).resolve().parents[1] / "scripts" / "demo.py"


def word_error_rate_of_demo(*arguments: str | Path) -> tuple[float, str]:
    """Return the rate in the demonstration's last line, in percent, and all that it printed."""
    result = subprocess.run([sys.executable, DEMO, *arguments], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return float(result.stdout.splitlines()[-1].rpartition(" ")[2].rstrip("%")), result.stdout


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_synthetic_voice_is_understood_after_a_few_epochs(tmp_path):
    rate, said = word_error_rate_of_demo("--synthesised", "--folder", tmp_path / "demo", "--epochs", "5")
    assert "a synthetic voice speaks" in said
    # Five epochs of fourteen reach some 20 %; always saying the most frequent word is above 80 %.
    assert rate < 50
    for command in ("corpus prepare", "prepare", "train", "decode", "score", "transcribe"):
        assert f"\n$ asr {command} " in said
    packaged = said.partition("The model of English that comes with asr")[2].splitlines()
    assert packaged[2].startswith("$ asr transcribe ") and packaged[3].strip()


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="needs the recordings in ../shared/data")
def test_real_speech_is_used_where_there_is_some(tmp_path):
    rate, said = word_error_rate_of_demo("--folder", tmp_path / "demo")
    assert "Real speech: AN4" in said
    assert rate < 40
