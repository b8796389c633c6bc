import zipfile

import pytest

from asr.config import Config, dump_config
from asr.errors import TranscriptionError
from asr.tokens import Tokens
from asr.transcribe.saved import SavedModel, read_saved


@pytest.fixture
def model(tmp_path) -> SavedModel:
    (tmp_path / "config.toml").write_text(dump_config(Config()))
    Tokens(["<blank>", "A"]).save(tmp_path / "tokens.json")
    return SavedModel(tmp_path)


def test_an_archive_of_other_things_than_arrays_is_named(model, tmp_path):
    path = tmp_path / "p.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "no array")
    with pytest.raises(TranscriptionError, match=r"p\.npz: not saved log-probabilities \(.*readme\.txt.*\): "):
        read_saved(path, model)
