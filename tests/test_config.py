import pytest

from asr.config import PRESETS, Config, dump_config, load_config, parse_config
from asr.errors import ConfigError


@pytest.fixture
def write(tmp_path):
    def write(text: str):
        path = tmp_path / "config.toml"
        path.write_text(text)
        return path

    return write


def test_an_empty_file_gives_every_default(write):
    assert load_config(write("")) == Config()


def test_what_is_dumped_is_loaded_again(write):
    config = load_config(write('[model]\nlayers = 5\n[data]\ntrain = ["shards/a", "/else/b"]\n'))
    assert load_config(write(dump_config(config))) == config


def test_paths_are_relative_to_the_file(write, tmp_path):
    config = load_config(write('[data]\ntrain = ["shards/a", "/else/b"]\n'))
    assert config.data.train == (str(tmp_path / "shards/a"), "/else/b")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[model]\nlayer = 3", r"config\.toml: unknown key 'model\.layer': did you mean 'layers'\?"),
        ("[modle]", r"unknown key 'modle': did you mean 'model'\?"),
        ("[model]\nconv = [{ chanels = 3 }]", r"unknown key 'model\.conv\.0\.chanels': did you mean 'channels'\?"),
        ("[model]\nlayers = -1", r"model\.layers: Input should be greater than or equal to 0 \(got -1\)"),
        ("[model]\nlayers = 0", r"layers = 0: a model without recurrent layers needs attention_layers"),
        ("[model]\nlayers = 'three'", r"model\.layers: .* integer.*\(got 'three'\)"),
        ("[features]\nhop_s = 0.05", r"features: hop_s = 0\.05 is above window_s = 0\.025"),
        ("[features]\nmax_hz = 9000.0", r"features: min_hz = 20\.0 and max_hz = 9000\.0"),
        ("[features]\nkind = 'mfcc'\nnum_mfcc = 90", r"num_mfcc = 90 is above num_mels = 80"),
        ("[model]\nconv = [{ kernel = [2, 3] }]", r"kernel = \[2, 3\]: sizes must be odd"),
        ("[model]\npreset = 'huge'", r"model\.preset: .*'small', 'base', 'large' or 'streaming' \(got 'huge'\)"),
        ("[model]\nlook_ahead = 3", r"model: look_ahead = 3 is for bidirectional = false"),
        ("[model]\nlayers = 1\npyramid = [2, 2]", r"pyramid = \[2, 2\]: more factors than layers = 1"),
        ("[model]\nintermediate_ctc = [3]", r"intermediate_ctc = \[3\]: name layers below the last, layers = 3"),
        ("[augment]\nspeeds = [1.0, 1.0]", r"speeds = \[1\.0, 1\.0\]"),
        ("layers = = 3", "not TOML"),
    ],
)
def test_what_is_wrong_is_named(write, text, message):
    with pytest.raises(ConfigError, match=message):
        load_config(write(text))


def test_every_wrong_key_is_named_at_once(write):
    with pytest.raises(ConfigError, match=r"layers.*; .*unknown key 'train\.epoch'"):
        load_config(write("[model]\nlayers = 0\n[train]\nepoch = 3"))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml: No such file"):
        load_config(tmp_path / "none.toml")


def test_settings_can_be_overridden(write):
    overrides = ["model.layers=4", "train.strategy=one", "augment.speeds=[0.9, 1.0]", "data.skip=['a=b']"]
    config = load_config(write("[model]\nlayers = 2\nunits = 8"), overrides)
    assert (config.model.layers, config.model.units, config.train.strategy) == (4, 8, "one")
    assert (config.augment.speeds, config.data.skip) == ((0.9, 1.0), ("a=b",))


@pytest.mark.parametrize("override", ["model.layers", "layers=3", "=3", "model.layers.x=1"])
def test_an_override_of_another_form_is_refused(write, override):
    with pytest.raises(ConfigError, match=r"--set|unknown"):
        load_config(write("[model]\nlayers = 2"), [override])


def test_a_configuration_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        Config().model.layers = 3  # pyright: ignore


def test_the_time_stride_is_that_of_all_convolutions():
    config = parse_config({"model": {"conv": [{"stride": [2, 1]}, {"stride": [3, 2]}]}}, "test")
    assert config.model.time_stride == 6


def test_a_preset_gives_defaults_that_other_keys_override(write):
    config = load_config(write('[model]\npreset = "streaming"\nunits = 64\n'), ["model.layers=2"])
    assert (config.model.bidirectional, config.model.look_ahead) == (False, 10)
    assert (config.model.units, config.model.layers) == (64, 2)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_run_folders_config_has_every_value_of_its_preset_written_out(write, preset):
    config = parse_config({"model": {"preset": preset}}, "test")
    written = dump_config(config)
    assert load_config(write(written)) == config
    for key, value in PRESETS[preset].items():
        assert f"{key} =" in written
        assert getattr(config.model, key) == value


def test_the_preset_of_the_defaults_changes_nothing():
    assert parse_config({"model": {"preset": "base"}}, "test") == Config()


def test_the_time_stride_counts_stacking_and_the_pyramid():
    model = {"conv": [{"stride": [2, 1]}], "stack_frames": 3, "pyramid": [1, 2]}
    assert parse_config({"model": model}, "test").model.time_stride == 12
    assert parse_config({"model": {**model, "outputs_per_frame": 3}}, "test").model.time_stride == 4
    with pytest.raises(ConfigError, match="outputs_per_frame = 5 does not divide the 12 input frames"):
        parse_config({"model": {**model, "outputs_per_frame": 5}}, "test")


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        (
            {"kind": "bpe", "labels": ["A"]},
            "labels are for kind = \"characters\": leave them out, kind = 'bpe' makes its",
        ),
        ({"dictionary": "words.txt"}, "dictionary is for kind = \"phones\", and kind = 'characters': set one or leave"),
    ],
)
def test_settings_of_another_kind_of_tokens_are_refused(tokens, message):
    with pytest.raises(ConfigError, match=message):
        parse_config({"tokens": tokens}, "test")
