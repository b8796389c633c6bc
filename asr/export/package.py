"""A trained run as a folder to be installed or passed on: all that transcribing needs, and nothing of its training.

The folder is a run folder (`asr.run`) with ``weights.npz`` in the place of checkpoints, and a ``model.onnx`` of a few
kilobytes that takes its weights from there; see `asr.weights_file` and `asr.export.external`.
"""

import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx

from asr.config import Config, DataConfig, dump_config
from asr.decoding.arpa import SPECIAL_WORDS
from asr.decoding.asrlm import SUFFIX
from asr.decoding.decode import Decoder
from asr.decoding.lm import LanguageModel
from asr.decoding.settings import (
    DECODER,
    UNTUNED_SETTINGS,
    language_model_file,
    load_settings,
    read_decoder_file,
    share_language_model,
    update_decoder_file,
)
from asr.errors import ConfigError, OutputError
from asr.export.comparison import Comparison, Sample, compare, samples
from asr.export.export import check_same
from asr.export.external import pointing_into
from asr.export.network import to_onnx
from asr.export.recurrent import check_cell
from asr.files import sync, write_atomically
from asr.model import named_weights
from asr.run import (
    CONFIG,
    ENVIRONMENT,
    FEATURES,
    MODEL_ONNX,
    ONLY_TRAINED,
    PACKED_WEIGHTS,
    TOKENS,
    Run,
    describe_source,
    load,
    load_onnx,
)
from asr.tokens import Tokens
from asr.weights_file import save_weights, stored_arrays

# Of how a training was started and found, which may name folders of its machine.
_OF_THE_MACHINE = ("command", "devices", "machine")
_OF_THE_TUNING = ("tuning", "lm")


@dataclass(frozen=True)
class Packaged:
    """A folder that was written.

    Attributes:
        folder: where it is.
        num_bytes: of its files, without a language model that it shares.
        runtimes: Keras and ONNX Runtime beside each other, both with the packaged weights.
        weights: the run as it was trained beside the package.
    """

    folder: Path
    num_bytes: int
    runtimes: Comparison
    weights: Comparison


def package_run(
    folder: Path,
    output: Path,
    *,
    language_model: Path | None = None,
    shares: bool = False,
    data_set: Path | None = None,
) -> Packaged:
    """Write a run as a package, after comparing it with the run and its two runtimes with each other.

    Args:
        folder: of the run.
        output: folder to write, not there yet.
        language_model: a compiled one (``.asrlm``), put into ``lm/``; None: the run's own, if any.
        shares: leave the language model where it is, and name it by the way from ``output``.
        data_set: manifest or shards to compare on; None: as `asr.export.export.export_run`.

    Raises:
        OutputError: ``output`` is there.
        RunError: the folder is not a run with weights, float16 cannot hold them, or the runtimes differ.
        ConfigError: ONNX has no operator for the cell; the language model is not compiled, or is to be shared and does
            not lie in the folder of ``output``.
        LanguageModelError: the language model cannot be read.
        ManifestError, ShardError, AudioError, UtteranceError: the data set cannot be read.
    """
    if os.path.lexists(output):
        raise OutputError(f"{output}: already there: name another folder, or remove it")
    run = load(folder, precision="float32")
    check_cell(run.config.model.cell)
    language_model = language_model or language_model_file(run.folder)
    spellings = None  # those that are shared
    if language_model is not None:
        _check_compiled(language_model)
        if shares:
            _check_shared(language_model, output)
            spellings = language_model.with_suffix(".spellings.npz")
    utterances = samples(run, data_set)
    with _removed_on_failure(spellings), _replacing_folder(output) as part:
        _write_parts(run, part)
        if language_model is not None:
            _add_language_model(part, language_model, shares=shares)
        _write_tokens(run.tokens, part, language_model, spellings)
        _write_model(run, part)
        runtimes, weights = _compare(run, part, utterances)
        check_same(output, runtimes)
        num_bytes = sum(path.stat().st_size for path in part.rglob("*") if path.is_file())
    return Packaged(output, num_bytes, runtimes, weights)


def _check_compiled(path: Path) -> None:
    if path.suffix != SUFFIX:
        raise ConfigError(
            f"{path}: a package has a compiled language model ({SUFFIX}): compile it: asr lm compile {path}"
        )


def _check_shared(path: Path, output: Path) -> None:
    if output.parent.resolve() not in path.resolve().parents:
        raise ConfigError(
            f"{path}: not in {output.parent.resolve()}, and so would not be passed on with {output.name}: copy it there"
        )


@contextmanager
def _replacing_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder beside ``path`` that becomes it when the block ends well, and is removed otherwise."""
    part = path.with_name(f".{uuid.uuid4().hex[:8]}.part.{path.name}")
    part.mkdir(parents=True)
    try:
        yield part
        for written in (*part.rglob("*"), part):
            sync(written)
        part.rename(path)
        sync(path.parent)
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextmanager
def _removed_on_failure(path: Path | None) -> Iterator[None]:
    """Remove a file that the block has made when it raises; one that was there before stays."""
    is_new = path is not None and not path.exists()
    try:
        yield
    except BaseException:
        if path is not None and is_new:
            path.unlink(missing_ok=True)
        raise


def _write_parts(run: Run, folder: Path) -> None:
    """Write what belongs to a run beside its weights and tokens, without what only its own machine has."""
    run.front_end.save(folder / FEATURES)
    decoder = read_decoder_file(run.folder)
    if kept := {name: value for name, value in decoder.items() if name not in _OF_THE_TUNING}:
        update_decoder_file(folder / DECODER, kept)
    environment = json.loads((run.folder / ENVIRONMENT).read_text(encoding="utf-8"))
    facts = {name: value for name, value in environment.items() if name not in _OF_THE_MACHINE}
    write_atomically(folder / ENVIRONMENT, json.dumps(facts, indent=1).encode())
    write_atomically(folder / CONFIG, dump_config(_without_paths(run.config)).encode())


def _without_paths(config: Config) -> Config:
    tokens = config.tokens.model_copy(update={"dictionary": ""})
    train = config.train.model_copy(update={"start_from": ""})
    return config.model_copy(update={"data": DataConfig(), "tokens": tokens, "train": train})


def _add_language_model(folder: Path, path: Path, *, shares: bool) -> None:
    LanguageModel(path)  # what is none is said before it is copied
    if shares:
        share_language_model(folder, path)
        return
    target = folder / "lm" / path.name
    target.parent.mkdir()
    shutil.copyfile(path, target)


def _write_tokens(tokens: Tokens, folder: Path, language_model: Path | None, spellings: Path | None) -> None:
    """Write the tokens, and with them the spellings of the language model's words where these take time.

    Of a language model that is shared, ``spellings`` lie beside it, and are shared, too.
    """
    if language_model is not None:
        tokens.store_spellings(list(LanguageModel(language_model).words), len(SPECIAL_WORDS), spellings)
    tokens.save(folder / TOKENS)


def _write_model(run: Run, folder: Path) -> None:
    """Write the weights, and the graph that uses them."""
    weights = {name: np.asarray(variable) for name, variable in named_weights(run.model).items()}
    path = folder / PACKED_WEIGHTS
    save_weights(path, {name: value for name, value in weights.items() if not name.startswith(ONLY_TRAINED)})
    graph = to_onnx(run.model, describe_source(folder))
    onnx.save(pointing_into(graph, path.name, stored_arrays(path)), folder / MODEL_ONNX)


def _compare(run: Run, folder: Path, utterances: list[Sample]) -> tuple[Comparison, Comparison]:
    """Return the packaged model's runtimes, and the run and the package, beside each other."""
    keras, packaged = load(folder, precision="float32"), load_onnx(folder)
    path = language_model_file(folder)
    search = None
    if path is not None:
        search = Decoder(keras.tokens, load_settings(folder, UNTUNED_SETTINGS), lm=LanguageModel(path))
    return compare(keras, packaged, utterances, search), compare(run, packaged, utterances, search)
