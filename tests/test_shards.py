import json
import shutil

import numpy as np
import pytest

from asr.config import Config, FeatureConfig
from asr.errors import ShardError
from asr.prepare import prepare
from asr.shards import Entry, entry_row, open_shards

CONFIG = Config(features=FeatureConfig(num_mels=20))


@pytest.fixture(scope="module")
def prepared(data, tmp_path_factory):
    output = tmp_path_factory.mktemp("shards") / "out"
    prepare([data / "an4.jsonl"], CONFIG, output, jobs=1)
    return output


@pytest.fixture
def folder(prepared, tmp_path):
    """A copy that a test may damage."""
    return shutil.copytree(prepared, tmp_path / "out")


def test_blocks_can_be_read_with_nothing_but_numpy_and_the_index(prepared):
    shards = open_shards(prepared)
    for number, line in enumerate((prepared / "index.jsonl").read_text().splitlines()):
        row = json.loads(line)
        block = np.memmap(prepared / row["shard"], np.float16, mode="r").reshape(-1, 20)
        frames = block[row["offset"] : row["offset"] + row["frames"]]
        np.testing.assert_array_equal(frames, shards.frames(number))


def test_frames_are_views_on_disk_that_cannot_be_written_to(prepared):
    shards = open_shards(prepared)
    frames = shards.frames(0)
    assert frames.shape == (shards.entries[0].num_frames, shards.num_features)
    assert not frames.flags.owndata
    with pytest.raises(ValueError, match="read-only"):
        frames[0] = 0


def test_more_blocks_than_open_files_allow_are_no_trouble(prepared, monkeypatch):
    monkeypatch.setattr("asr.shards._MAX_MAPPED", 1)
    shards = open_shards(prepared)
    kept = [shards.frames(index) for index in (0, 1, 2, 0)]
    np.testing.assert_array_equal(kept[0], kept[3])  # a view outlives its place among the mapped blocks
    assert all(np.isfinite(frames).all() for frames in kept)


def test_the_fingerprint_names_what_made_the_folder(prepared, data):
    fingerprint = json.loads((prepared / "fingerprint.json").read_text())
    assert fingerprint["features"]["num_mels"] == 20
    assert fingerprint["speeds"] == [1.0]
    assert len(fingerprint["manifests"]) == 1 and len(fingerprint["manifests"][0]) == 64
    assert fingerprint["librosa"].count(".") == 2


def test_another_feature_configuration_is_refused_by_the_key_that_differs(prepared):
    with pytest.raises(ShardError, match=r"features\.hop_s is 0\.01 there and 0\.02 in the config"):
        open_shards(prepared, FeatureConfig(num_mels=20, hop_s=0.02))


def test_normalisation_is_not_stored_so_any_is_accepted(prepared):
    for normalisation in ("utterance", "global", "none"):
        config = FeatureConfig(num_mels=20, normalisation=normalisation)
        assert open_shards(prepared, config).feature_config == config


def test_a_missing_or_unfinished_folder_is_named(tmp_path):
    (tmp_path / "empty").mkdir()
    for name in ("gone", "empty"):
        with pytest.raises(ShardError, match=rf"{name}: not a finished shard folder"):
            open_shards(tmp_path / name)


def test_a_part_is_not_taken_for_the_whole(data, tmp_path):
    prepare([data / "an4.jsonl"], CONFIG, tmp_path / "part", part=(2, 3), jobs=1)
    with pytest.raises(ShardError, match=r"part 2 of 3: join the parts with asr merge"):
        open_shards(tmp_path / "part")


@pytest.mark.parametrize("name", ["index.jsonl", "statistics.npz", "fingerprint.json"])
@pytest.mark.parametrize("content", [None, b"", b"{}\n", b"not what it should be"])
def test_a_damaged_folder_is_an_error_not_a_crash(name, content, folder):
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content)
    with pytest.raises(ShardError, match=r"prepare"):
        open_shards(folder)


def test_a_block_that_is_missing_or_cut_off_is_an_error(folder):
    block = folder / open_shards(folder).entries[0].shard
    block.write_bytes(block.read_bytes()[:-2])
    with pytest.raises(ShardError, match=r"block-000000\.f16: missing, or not of"):
        open_shards(folder)
    block.unlink()
    with pytest.raises(ShardError, match=r"block-000000\.f16: missing"):
        open_shards(folder)


def test_a_folder_of_another_format_is_refused(folder):
    fingerprint = json.loads((folder / "fingerprint.json").read_text())
    (folder / "fingerprint.json").write_text(json.dumps({**fingerprint, "format": 2}))
    with pytest.raises(ShardError, match="format 2"):
        open_shards(folder)


def test_a_row_has_the_index_s_keys_and_leaves_out_an_unknown_speaker():
    entry = Entry("a", "block-000000.f16", 5, 10, "WORD", None, 0.1, {"room": "lab"})
    assert entry_row(entry) == {
        "id": "a",
        "shard": "block-000000.f16",
        "offset": 5,
        "frames": 10,
        "text": "WORD",
        "duration": 0.1,
        "room": "lab",
    }
