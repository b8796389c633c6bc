"""PyTorch: `torch.nn.LSTM` and `ctc_loss`, on packed sequences or on the padded batch.

Packed is as exact as ours. Unpacked is not where lengths differ: its backward direction starts in the padding, and all
padding is computed.
"""

from collections.abc import Callable

import torch  # pyright: ignore[reportMissingImports]  # a peer to measure against, never a dependency
from torch.nn.functional import ctc_loss  # pyright: ignore[reportMissingImports]
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence  # pyright: ignore[reportMissingImports]

from benchmarks.cases import Case, inputs_of
from benchmarks.machine import num_cores


def build(case: Case, mode: str, packed: bool) -> Callable[[], float]:
    """Return one step: see the package. Batches are time-major, as PyTorch is quickest."""
    torch.set_num_threads(num_cores())
    torch.manual_seed(0)
    inputs = inputs_of(case)
    frames = torch.from_numpy(inputs.frames).transpose(0, 1).contiguous()  # [T, B, F]
    lengths = torch.from_numpy(inputs.lengths).long()
    labels, label_lengths = torch.from_numpy(inputs.labels).long(), torch.from_numpy(inputs.label_lengths).long()
    lstm = torch.nn.LSTM(case.features, case.units, case.layers, bidirectional=True)
    output = torch.nn.Linear(2 * case.units, case.classes)
    parameters = [*lstm.parameters(), *output.parameters()]

    def log_probs() -> torch.Tensor:
        if not packed:
            return output(lstm(frames)[0]).log_softmax(-1)
        outputs, _ = pad_packed_sequence(lstm(pack_padded_sequence(frames, lengths))[0])
        return output(outputs).log_softmax(-1)

    def train() -> float:
        for parameter in parameters:
            parameter.grad = None
        loss = ctc_loss(log_probs(), labels, lengths, label_lengths)
        loss.backward()
        return loss.item()

    def infer() -> float:
        with torch.inference_mode():
            return log_probs().mean().item()

    return train if mode == "train" else infer
