"""A run folder's model as ``model.onnx`` or ``model.int8.onnx`` beside it, kept only if it does what it should."""

from dataclasses import dataclass
from pathlib import Path

import onnx

from asr.errors import ConfigError, RunError
from asr.export.comparison import Comparison, compare, samples
from asr.export.folding import folded
from asr.export.integers import to_integers
from asr.export.network import to_onnx
from asr.export.recurrent import check_cell
from asr.files import replacing
from asr.layers.cells.lstm import LSTMCell
from asr.layers.cells.table import find_cell
from asr.onnx_model import OnnxModel
from asr.run import MODEL_INT8, MODEL_ONNX, describe_source, load, read_config

# Of logits in float32; sums of some hundred products in another order differ by a hundredth of this.
TOLERANCE = 1e-3


@dataclass(frozen=True)
class Exported:
    """A file that was written.

    Attributes:
        path: the file.
        num_bytes: its size.
        comparison: what it does beside the Keras model.
    """

    path: Path
    num_bytes: int
    comparison: Comparison


def export_run(folder: Path, *, data_set: Path | None = None, int8: bool = False) -> Exported:
    """Write the model of a run folder in ONNX's form, after comparing it with Keras on some utterances.

    In float32 every logit must be within `TOLERANCE` and every greedy text the same; of integers the comparison only
    tells what they cost.

    Args:
        folder: of the run.
        data_set: manifest or shards to compare on; None: some development utterances of the run, or noise where they
            do not lie any more.
        int8: whether products are of 8-bit integers; LSTMs only.

    Raises:
        RunError: the folder is not a run with weights, or results differ; nothing is written then.
        ConfigError: ONNX has no operator for the cell, or none of integers.
        ManifestError, ShardError, AudioError, UtteranceError: the data set cannot be read, or has no utterance.
    """
    cell = read_config(Path(folder)).model.cell
    check_cell(cell)
    if int8 and not isinstance(find_cell(cell), LSTMCell):
        raise ConfigError(f"model.cell = {cell!r}: ONNX Runtime has integers for LSTMs only: export without --int8")
    run = load(folder, precision="float32")
    path = Path(folder) / (MODEL_INT8 if int8 else MODEL_ONNX)
    model = folded(to_onnx(run.model, describe_source(run.folder)))
    with replacing(path) as part:
        if int8:
            to_integers(model, part)
        else:
            onnx.save(model, part)
        found = OnnxModel(run.folder, run.config, run.tokens, run.front_end, part)
        comparison = compare(run, found, samples(run, data_set))
        if not int8:
            check_same(path, comparison)
        num_bytes = part.stat().st_size
    return Exported(path, num_bytes, comparison)


def check_same(path: Path, comparison: Comparison) -> None:
    """Check that a model computes what Keras does with the same weights.

    Raises:
        RunError: it does not.
    """
    if comparison.largest_difference > TOLERANCE or comparison.num_other_texts:
        raise RunError(
            f"{path}: not kept: logits differ from Keras's by up to {comparison.largest_difference:.2g} and "
            f"{comparison.num_other_texts} of {comparison.num_utterances} texts: report this, and use --runtime keras"
        )
