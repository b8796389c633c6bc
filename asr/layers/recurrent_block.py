"""One recurrent layer of the stack, with what stands before it and how it is connected."""

import keras

from asr.config import ModelConfig
from asr.layers.dropout import Dropout, recurrent_mask
from asr.layers.norm import make_norm, normalised
from asr.layers.recurrent import Recurrent
from asr.layers.tensor import Tensor, ops

_RECURRENT_SALT = 2_000  # plus the layer's number; the other dropout layers have smaller ones


class RecurrentBlock(keras.layers.Layer):
    """Normalisation over true frames, dropout, recurrent layer; then alone, added to the input, or beside it.

    Recurrent dropout takes the same values of the output on its way into every next step (Gal & Ghahramani, NeurIPS
    2016). Sources of the connections: residual, Kim, El-Khamy & Lee, "Residual LSTM", Interspeech 2017, without its
    projection; dense, Huang et al., "Densely Connected Convolutional Networks", CVPR 2017, for recurrent layers.
    """

    def __init__(self, config: ModelConfig, salt: int, policy: str) -> None:
        """Make the parts.

        Args:
            config: of the model.
            salt: number of the layer, for its dropout.
            policy: Keras's dtype policy.
        """
        super().__init__(dtype=policy)
        self.connection = config.connections
        self.recurrent_dropout, self.salt = config.recurrent_dropout, _RECURRENT_SALT + salt
        self.norm = make_norm(config.norm, policy)
        self.dropout = Dropout(config.dropout, salt, variational=config.variational_dropout, dtype=policy)
        self.recurrent = Recurrent(
            config.units,
            cell=config.cell,
            bidirectional=config.bidirectional,
            projection=config.projection or None,
            dtype=policy,
        )

    def call(self, x: Tensor, lengths: Tensor, training: bool, seeds: Tensor | None) -> Tensor:
        """Return [B, T, F'] of ``x`` [B, T, F].

        F' is the recurrent layer's size, with dense connections that and F. Where a residual connection's sizes differ
        (first layer, after a pyramid's step) there is none.
        """
        normed = self.normed(x, lengths, training)
        outputs = self.recurrent(self.dropout(normed, seeds=seeds), lengths, self._recurrent_mask(seeds))
        if self.connection == "dense":
            return ops.concatenate([x, outputs], axis=-1)
        if self.connection == "residual" and x.shape[-1] == outputs.shape[-1]:
            return x + outputs
        return outputs

    def normed(self, x: Tensor, lengths: Tensor, training: bool = False) -> Tensor:
        """Return what the recurrent layer is given, but for dropout, of the block's input [B, T, F]."""
        return normalised(self.norm, x, lengths, training)

    def _recurrent_mask(self, seeds: Tensor | None) -> Tensor | None:
        if seeds is None or self.recurrent_dropout == 0:
            return None
        layer = self.recurrent
        sizes = {"directions": layer.directions, "units": layer.state_sizes[0]}
        return recurrent_mask(seeds, self.recurrent_dropout, self.salt, **sizes)
