from pathlib import Path

import pytest

from asr.config import load_config, read_settings
from asr.errors import ConfigError
from asr.tuning.candidates import Candidates
from asr.tuning.space import load_space

CONFIG = """
[model]
layers = 3
[data]
train = ["shards"]
dev = ["dev"]
[train]
epochs = 10
"""


@pytest.fixture
def candidates_of(tmp_path):
    def check(space: str, config: str = CONFIG) -> Candidates:
        (tmp_path / "config.toml").write_text(config)
        (tmp_path / "space.toml").write_text(space if "[space]" in space else f"[space]\n{space}\n")
        path = tmp_path / "config.toml"
        return Candidates.check(read_settings(path), path, load_space(tmp_path / "space.toml"))

    return check


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ("model.unitz = {low = 1, high = 2}", r"\[space\]: unknown key 'model\.unitz': did you mean 'units'\?"),
        ("modle.units = {low = 1, high = 2}", r"unknown key 'modle': did you mean 'model'\?"),
        ("model.dropout = {low = 0.1, high = 1.5}", r"model\.dropout = 1\.5: model\.dropout: .* less than 1"),
        ("model.units = {low = 1.5, high = 3}", r"model\.units: .*integer"),
        ("model.units = {low = 1, high = 2, step = 0.5}", r"step = 0\.5: the setting is a whole number"),
        ("model.cell = {low = 1, high = 2}", r"model\.cell: .*string"),
        ("model.bidirectional = {low = 0, high = 1}", r"model\.bidirectional: is not a number: give choices"),
        ("model.norm = {choices = ['batch', 'none', 'leyer']}", r"model\.norm = 'leyer'"),
        ("augment.speeds = {choices = [[1.0], [0.9, 1.0]]}", r"augment\.speeds: .* asr prepare --set"),
        ("augment.degrade.noise = {low = 0, high = 1}", r"augment\.degrade\.noise: .* asr prepare"),
        ("features.num_mels = {low = 40, high = 80}", r"features\.num_mels: is what asr prepare"),
        ("train.epochs = {low = 4, high = 8}", r"train\.epochs: .* set epochs under \[study\]"),
        ("model.layers = {low = 2, high = 4}\nmodel.intermediate_ctc = {choices = [[], [3]]}", r"layers = 2"),
        ("[space]\nmodel.layers = {low = 2, high = 4}\n[study]\nmetric = 'per'", r"metric = 'per': there is none"),
        ("[space]\nmodel.layers = {low = 2, high = 4}\n[study]\nmin_epochs = 11", r"above the 10 epochs of a trial"),
        ("[space]\ntokens.pieces = {low = 99, high = 300}\n[study]\nmetric = 'val_loss'", r"val_loss of other tokens"),
    ],
)
def test_what_cannot_be_tried_is_named_before_anything_starts(candidates_of, space, message):
    with pytest.raises(ConfigError, match=rf"space\.toml: .*{message}"):
        candidates_of(space)


def test_trials_need_a_development_set(candidates_of):
    with pytest.raises(ConfigError, match=r"data\.dev: none named"):
        candidates_of("model.layers = {low = 2, high = 4}", CONFIG.replace('dev = ["dev"]', ""))


def test_whole_numbers_stay_whole_and_others_are_not_cut(candidates_of):
    dimensions = candidates_of(
        "model.dropout = {low = 0, high = 0.5}\nmodel.units = {low = 8.0, high = 16}"
    ).space.dimensions
    low, units = dimensions["model.dropout"].low, dimensions["model.units"].low
    assert (type(low), type(units)) == (float, int)


def test_the_configs_own_values_come_first_where_they_are_in_the_space(candidates_of):
    found = candidates_of(
        "model.layers = {low = 2, high = 4}\nmodel.units = {low = 8, high = 16}\nmodel.pyramid = {choices = [[2], []]}"
    )
    assert found.base_parameters == {"model.layers": 3, "model.pyramid": []}


@pytest.mark.parametrize(("kind", "metric"), [("characters", "cer"), ("phones", "per")])
def test_letters_or_phones_are_counted_unless_something_else_is_asked_for(candidates_of, kind, metric):
    config = f'{CONFIG}\n[tokens]\nkind = "{kind}"\n'
    assert candidates_of("model.layers = {low = 2, high = 4}", config).metric == metric


def test_a_trial_has_its_epochs_and_the_best_config_has_its_own(candidates_of, tmp_path):
    found = candidates_of("[space]\nmodel.layers = {low = 2, high = 4}\n[study]\nepochs = 4")
    assert found.config({"model.layers": 2}).train.epochs == 4
    assert found.settings_for({"model.layers": 2}, tmp_path / "study")["train"]["epochs"] == 10


def test_paths_of_the_best_config_lead_to_the_same_places(candidates_of, tmp_path):
    import tomli_w

    study = tmp_path / "some" / "study"
    study.mkdir(parents=True)
    values = candidates_of("model.layers = {low = 2, high = 4}").settings_for({"model.layers": 4}, study)
    assert values["data"] == {"train": ["../../shards"], "dev": ["../../dev"]}
    (study / "best.toml").write_text(tomli_w.dumps(values))
    best, config = load_config(study / "best.toml"), load_config(tmp_path / "config.toml")
    resolved = [[str((tmp_path / name).resolve()) for name in one.data.train] for one in (best, config)]
    assert resolved[0] == resolved[1]


def test_the_recipes_space_fits_its_config_and_begins_with_it():
    recipe = Path(__file__).parents[2] / "recipes" / "mini_librispeech"
    path = recipe / "config.toml"
    found = Candidates.check(read_settings(path), path, load_space(recipe / "space.toml"))
    assert found.base_parameters.keys() == found.space.dimensions.keys()
