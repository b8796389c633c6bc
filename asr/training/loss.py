"""What training minimises: the CTC loss of the model's output and of its intermediate layers."""

from asr.ctc import ctc_loss
from asr.layers.tensor import Tensor
from asr.model import AcousticModel


def training_losses(
    model: AcousticModel, frames: Tensor, lengths: Tensor, labels: Tensor, label_lengths: Tensor, seeds: Tensor
) -> Tensor:
    """Return the loss [B] of each utterance.

    With ``model.intermediate_ctc``, (1 - w) times the loss of the output plus w times the mean of those of the
    intermediate layers (Lee & Watanabe, "Intermediate Loss Regularization for CTC-based Speech Recognition", ICASSP
    2021), each of which has a linear layer of its own.

    Args:
        model: in training: norms use the batch's statistics.
        frames: [B, T, F].
        lengths: [B].
        labels: [B, U].
        label_lengths: [B].
        seeds: [B] int32, for dropout.
    """
    outputs = model(frames, lengths, training=True, seeds=seeds, intermediate=True)
    *intermediate, last = [ctc_loss(logits, ends, labels, label_lengths) for logits, ends in outputs]
    if not intermediate:
        return last
    share = model.config.intermediate_ctc_weight
    return (1 - share) * last + share / len(intermediate) * sum(intermediate)
