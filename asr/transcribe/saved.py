"""Log-probabilities that were saved (``asr decode --save-log-probs``), in the place of a model and its data set.

A search can so be repeated, under other weights, without Keras.
"""

import zipfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from asr.config import Config, load_config
from asr.decoding.hypothesis import check_log_probs
from asr.errors import ConfigError, RunError, ShapeError, TranscriptionError, UtteranceError
from asr.tokens import Tokens
from asr.transcribe.clock import frame_clock
from asr.transcribe.data_set import Example
from asr.transcribe.recognise import Recording


class SavedModel:
    """The parts of a run folder that tell what log-probabilities mean; its "frames" are log-probabilities already."""

    def __init__(self, folder: Path) -> None:
        """Read configuration and tokens.

        Raises:
            RunError: the folder is not a run.
        """
        self.folder = Path(folder)
        try:
            self.config: Config = load_config(self.folder / "config.toml")
        except ConfigError as error:
            raise RunError(f"{folder}: not a run folder ({error}): name a folder that asr train wrote") from error
        self.tokens = Tokens.load(self.folder / "tokens.json")

    def log_probs_of_frames(self, frames: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
        """Yield what is given."""
        return iter(frames)


def read_saved(path: Path, model: SavedModel) -> list[Example]:
    """Return the utterances of a ``.npz`` of log-probabilities [T', V] by id, in its order, without references.

    Raises:
        TranscriptionError: the file cannot be read, or an array is not [T', V] for the model's tokens. What else an
            array may lack shows when it is loaded, and costs that utterance alone.
    """
    step = frame_clock(model.config).seconds_per_frame
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist()]
            return [
                Example(
                    Recording(name, partial(_read, path, name, model.tokens)),
                    None,
                    step * _num_frames(archive, name, len(model.tokens)),
                )
                for name in names
            ]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:  # KeyError: a member that is no .npy
        raise TranscriptionError(f"{path}: not saved log-probabilities ({error}): give a .npz of asr decode") from error


def _num_frames(archive: zipfile.ZipFile, name: str, num_tokens: int) -> int:
    with archive.open(f"{name}.npy") as member:
        version = np.lib.format.read_magic(member)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, _ = read_header(member)
    if len(shape) != 2 or shape[1] != num_tokens:
        raise TranscriptionError(
            f"{archive.filename}: {name}: has shape {list(shape)}, and log-probabilities of this run are [frames, "
            f"{num_tokens}]: name the run that made them"
        )
    return int(shape[0])


def _read(path: Path, name: str, tokens: Tokens) -> np.ndarray:
    try:
        with zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as member:
            return check_log_probs(np.lib.format.read_array(member, allow_pickle=False), tokens)
    except (TypeError, ShapeError) as error:  # of another type than numbers, or not log-probabilities
        raise UtteranceError(f"{path}: {name}: {error}") from error
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise UtteranceError(f"{path}: {name}: cannot be read ({error}): save it again") from error
