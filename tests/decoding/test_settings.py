import json
import math

import pytest

from asr.decoding.settings import (
    COMMAND_SETTINGS,
    DECODER,
    DecoderSettings,
    load_settings,
    save_settings,
    update_decoder_file,
)
from asr.errors import ConfigError, RunError


@pytest.mark.parametrize(
    "settings",
    [
        DecoderSettings(lm_weight=0.8, word_bonus=-0.25, oov_penalty=-4.0, beam_size=50),
        DecoderSettings(),  # which drops nothing, where the commands do
        COMMAND_SETTINGS,
    ],
)
def test_what_is_saved_is_loaded_and_the_rest_stays(tmp_path, settings):
    update_decoder_file(tmp_path, {"calibration": {"scale": 2}})
    save_settings(tmp_path, settings)
    assert load_settings(tmp_path) == load_settings(tmp_path, DecoderSettings()) == settings
    assert json.loads((tmp_path / DECODER).read_text())["calibration"] == {"scale": 2}


def test_a_run_without_settings_has_those_of_the_commands(tmp_path):
    assert load_settings(tmp_path) == COMMAND_SETTINGS


@pytest.mark.parametrize("content", ["nothing", "[]", '{"search": {"beam_size": 0}}', '{"search": 7}'])
def test_a_broken_file_is_named(tmp_path, content):
    (tmp_path / DECODER).write_text(content)
    with pytest.raises(RunError, match=r"decoder.json: .*: tune again, or remove it"):
        load_settings(tmp_path)


@pytest.mark.parametrize(
    "wrong",
    [
        {"beam_size": 0},
        {"lm_weight": -0.1},
        {"lm_weight": math.nan},
        {"word_bonus": math.inf},
        {"oov_penalty": math.nan},
        {"blank_penalty": math.inf},
        {"oov_letter_penalty": 0.5},
        {"lm_unit": "letter"},
        {"beam_threshold": -1.0},
        {"token_min_log_prob": math.nan},
    ],
)
def test_numbers_out_of_range_are_refused(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        DecoderSettings(**wrong)
