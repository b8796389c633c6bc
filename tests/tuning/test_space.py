import pytest

from asr.errors import ConfigError
from asr.tuning.space import Choices, Range, StudySettings, load_space


def write(tmp_path, text):
    path = tmp_path / "space.toml"
    path.write_text(text)
    return path


def test_keys_may_be_quoted_dotted_or_in_tables(tmp_path):
    path = write(
        tmp_path,
        """
        [study]
        epochs = 5
        pruner = "hyperband"
        [space]
        "model.units" = { choices = [128, 192] }
        model.layers = { low = 2, high = 4 }
        [space.model.dropout]
        low = 0.1
        high = 0.5
        step = 0.1
        """,
    )
    space = load_space(path)
    assert space.dimensions == {
        "model.units": Choices(choices=(128, 192)),
        "model.layers": Range(low=2, high=4),
        "model.dropout": Range(low=0.1, high=0.5, step=0.1),
    }
    assert space.settings == StudySettings(epochs=5, pruner="hyperband")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[space", r"space\.toml: not TOML"),
        ("", r"\[space\] is empty: name what to try"),
        ("[spce]\n", r"\[spce\]: not a table of a search: known are \[space\] and \[study\]"),
        ("space = 3\n", r"space: not a table"),
        ("[space]\n'model.units' = 3\n", r"model\.units = 3: give \{low"),
        ("[space]\n'model.units' = {low = 3}\n", r"model\.units: high: Field required"),
        ("[space]\n'model.units' = {low = 3, hihg = 4}\n", r"unknown key 'hihg': did you mean 'high'\?"),
        ("[space]\n'model.units' = {low = 4, high = 3}\n", r"low = 4 must be below high = 3"),
        ("[space]\n'model.units' = {low = 0, high = 3, log = true}\n", r"log = true is for low above 0"),
        ("[space]\n'model.units' = {low = 0, high = 3, step = 2}\n", r"not low = 0 and whole steps of 2"),
        ("[space]\n'model.units' = {choices = [3]}\n", r"at least 2 items"),
        ("[space]\n'model.units' = {choices = [3, 3]}\n", r"each choice may be there once"),
        ("[space]\n'model.units' = {low = 1, high = 3}\n[study]\nmetrc = 'wer'\n", r"'metrc': did you mean 'metric'\?"),
        ("[space]\n'model.units' = {low = 1, high = 3}\n[study]\npruner = 'best'\n", r"\[study\]: pruner: .*'best'"),
    ],
)
def test_a_file_that_is_no_space_is_named_with_what_is_wrong(tmp_path, text, message):
    with pytest.raises(ConfigError, match=message):
        load_space(write(tmp_path, text))


def test_a_missing_file_is_one_line(tmp_path):
    with pytest.raises(ConfigError, match=r"nothing\.toml: No such file"):
        load_space(tmp_path / "nothing.toml")


def test_a_range_with_steps_contains_its_steps_alone():
    dropout = Range(low=0.1, high=0.5, step=0.1)
    assert dropout.contains(0.3) and dropout.contains(0.1 + 0.2)
    assert not any(map(dropout.contains, (0.25, 0.6, True, "0.3")))
