from dataclasses import dataclass

import pytest

from asr.config import Config, parse_config
from asr.errors import ConfigError, TrainingError
from asr.shards import Entry
from asr.tokens import Tokens
from asr.training.data import Example, leave_out, read_examples, repeat

TOKENS = Tokens(["<blank>", " ", "A", "B"])


@dataclass
class Folder:
    """As much of `asr.shards.Shards` as choosing examples looks at."""

    entries: tuple[Entry, ...]
    folder: str = "folder"


def folder(**texts: tuple[str, int]) -> Folder:
    entries = [Entry(id, "block", 0, frames, text, None, 1.0) for id, (text, frames) in texts.items()]
    return Folder(tuple(entries))


def config(**data) -> Config:
    conv = [{"stride": [2, 2]}, {"stride": [2, 2]}]
    return parse_config({"model": {"conv": conv}, "data": {"max_excluded_share": 1.0, **data}}, "test")


def problems(found) -> dict[str, str]:
    return {row["id"]: row["reason"] for row in found}


def test_what_cannot_be_learned_from_is_left_out_with_its_reason():
    examples = read_examples(
        [
            folder(
                fits=("AB", 8),
                repeats=("AA", 8),  # two output frames, but A A needs a blank between
                short=("ABA", 8),
                foreign=("AX", 80),
                silent=("  ", 80),
            )
        ],
        TOKENS,
        config(),
    )
    kept, excluded = leave_out(examples, config())
    assert [example.id for example in kept] == ["fits"]
    found = problems(excluded)
    assert found["repeats"].startswith("2 labels, 1 of them repeats, need 3 frames and the model makes 2: lower")
    assert found["short"].startswith("3 labels, 0 of them repeats, need 3 frames")
    assert found["foreign"].startswith("character 'X' of 'AX' is outside the vocabulary")
    assert found["silent"] == "the transcript is empty"


def test_too_many_unusable_utterances_stop_the_training_and_the_first_is_named():
    settings = config(max_excluded_share=0.3)
    examples = read_examples([folder(a=("A", 80), b=("B", 80), x=("X", 80))], TOKENS, settings)
    with pytest.raises(TrainingError, match=r"1 of 3 utterances cannot be used, .*max_excluded_share = 0.3.*x: char"):
        leave_out(examples, settings)


def test_skipped_utterances_are_left_out_and_do_not_count_as_unusable():
    settings = config(max_excluded_share=0.0, skip=["x", "b"])
    examples = read_examples([folder(a=("A", 80), b=("B", 80), x=("X", 80))], TOKENS, settings)
    kept, excluded = leave_out(examples, settings)
    assert [example.id for example in kept] == ["a"]
    assert problems(excluded) == dict.fromkeys(["b", "x"], "listed under data.skip")


def test_nothing_left_is_an_error():
    with pytest.raises(TrainingError, match="none of 1 utterances can be used, the first, x: character 'X'"):
        leave_out(read_examples([folder(x=("X", 80))], TOKENS, config()), config())


def test_an_id_in_two_folders_is_an_error():
    with pytest.raises(TrainingError, match="a: in two of the shard folders"):
        read_examples([folder(a=("A", 80)), folder(a=("A", 80))], TOKENS, config())


def test_the_utterances_of_a_folder_come_as_often_as_asked():
    few, many = Folder((), "few"), Folder((), "many")
    examples = [Example(name, "A", 8, (1,), None, where, 0) for name, where in [("a", few), ("b", many), ("c", few)]]
    assert [example.id for example in repeat(examples, [few, many], [3])] == ["a", "a", "a", "b", "c", "c", "c"]
    assert repeat(examples, [few, many], []) == examples


def test_a_repetition_needs_its_folder():
    with pytest.raises(ConfigError, match=r"repeat = \[2, 3\]: has more numbers than train has folders"):
        parse_config({"data": {"train": ["one"], "repeat": [2, 3]}}, "test")
