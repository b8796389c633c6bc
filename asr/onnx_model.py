"""A trained model in ONNX's form, computed by ONNX Runtime: no framework is loaded, and starting takes no time.

`asr.export` writes such files; `asr.run` finds them in a run folder.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from asr.cores import num_cores
from asr.errors import RunError
from asr.trained_model import BatchLimits, TrainedModel

# Names in the graph, and in the file's table of what it was made of.
FRAMES, LENGTHS, LOGITS = "frames", "lengths", "logits"
KEPT, SEEN = "kept", "look_ahead"  # of models that take an utterance in portions: `asr.onnx_stream`
INT8 = "int8"

_HOW_TO_INSTALL = "install onnxruntime, or choose --runtime keras"


@dataclass(frozen=True)
class OnnxModel(TrainedModel):
    """A trained model that ONNX Runtime computes.

    Attributes:
        path: the file.
        threads: that compute a batch; None: one a core.
    """

    path: Path
    threads: int | None = None

    def __post_init__(self) -> None:
        """Open the file.

        Raises:
            RunError: onnxruntime is not installed, the file is not a model, or is not one that asr export wrote.
        """
        names = [[one.name for one in kind] for kind in (self._session.get_inputs(), self._session.get_outputs())]
        if names[0][:2] != [FRAMES, LENGTHS] or names[1][:1] != [LOGITS]:
            raise RunError(f"{self.path}: not a model that asr export wrote: export the run again")

    @cached_property
    def metadata(self) -> Mapping[str, str]:
        """What the file says of itself, by name."""
        return dict(self._session.get_modelmeta().custom_metadata_map)

    @property
    def batch_limits(self) -> BatchLimits:
        """How many utterances are computed together.

        Integers get their range from all values of a batch: with a neighbour, an utterance would have another result.
        """
        return BatchLimits(utterances=1) if INT8 in self.metadata else BatchLimits()

    def compute(self, frames: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Return logits; see `TrainedModel.compute`."""
        logits, *_ = self.run(frames, lengths, self.initial_states(len(frames)), [LOGITS])
        return logits

    def initial_states(self, num_utterances: int) -> dict[str, np.ndarray]:
        """Return what a model of one direction starts from, by name; nothing for two directions."""
        return initial_states(self._session, num_utterances)

    @property
    def next_states(self) -> list[str]:
        """Names of the states in the order in which `run` returns them."""
        return [one.name.removeprefix("next_") for one in self._session.get_outputs()[1:]]

    def run(
        self, frames: np.ndarray, lengths: np.ndarray, states: Mapping[str, np.ndarray], outputs: list[str] | None
    ) -> list[np.ndarray]:
        """Return the outputs named, or all: logits [B, T', V], then the states after each utterance's last frame.

        Args:
            frames: [B, T, F] normalised, zeros past a length.
            lengths: [B] int32.
            states: as `initial_states`.
            outputs: names; None: all.
        """
        if not frames.shape[1]:  # no operator takes none
            frames = np.zeros((len(frames), 1, frames.shape[2]), np.float32)
        given = {FRAMES: frames, LENGTHS: np.maximum(lengths, 1).astype(np.int32), **states}
        return self._session.run(outputs, given)

    @cached_property
    def _session(self) -> Any:
        onnxruntime = _onnxruntime()
        options = onnxruntime.SessionOptions()
        # 0: as many as there are cores; more would wait for each other.
        options.intra_op_num_threads = min(self.threads or 0, num_cores())
        options.log_severity_level = 3  # errors; they are raised, too
        state = onnxruntime.capi.onnxruntime_pybind11_state
        try:
            return onnxruntime.InferenceSession(self.path, options, providers=["CPUExecutionProvider"])
        except (
            state.Fail,
            state.InvalidArgument,
            state.InvalidGraph,
            state.InvalidProtobuf,
            state.NotImplemented,
        ) as e:
            raise RunError(f"{self.path}: damaged, or not an ONNX model: export the run again") from e
        except state.NoSuchFile as error:
            raise RunError(f"{self.path}: not there: export the run again") from error


def initial_states(session: Any, num_utterances: int) -> dict[str, np.ndarray]:
    """Return what the graph of an ``onnxruntime.InferenceSession`` starts an utterance from, by name.

    These are the zeros [1, B, H] of recurrent layers, no frames before a look-ahead convolution, and all frames kept.
    """
    sizes = {one.name: one.shape for one in session.get_inputs()[2:]}
    states = {
        name: np.zeros((0 if name == SEEN else 1, num_utterances, shape[-1]), np.float32)
        for name, shape in sizes.items()
        if name != KEPT
    }
    return states | ({KEPT: np.array([0, 2**62])} if KEPT in sizes else {})


def _onnxruntime() -> ModuleType:
    try:
        import onnxruntime
    except ImportError as error:
        raise RunError(f"onnxruntime cannot be imported ({error}): {_HOW_TO_INSTALL}") from error
    return onnxruntime
