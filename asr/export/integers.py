"""An ONNX model in float32 as one that multiplies 8-bit integers, made by ONNX Runtime's dynamic quantisation.

Weights become integers with a scale for each output; activations get theirs while the model runs, from the largest
values in the batch. LSTMs and linear layers are done, which hold nearly all weights; convolutions stay as they are.

Weights take 7 bits of the 8: processors without VNNI instructions (AVX2 alone) add two products in 16 bits, which
saturate with weights of 8, so that the same file would say something else there.
"""

import logging
from pathlib import Path

import onnx

from asr.onnx_model import INT8


def to_integers(model: onnx.ModelProto, path: Path) -> None:
    """Write ``model`` as one of integers to ``path``; ``model`` is changed."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    onnx.helper.set_model_props(model, {prop.key: prop.value for prop in model.metadata_props} | {INT8: "dynamic"})
    log = logging.getLogger()
    level = log.level
    log.setLevel(logging.ERROR)  # it advises to infer shapes first, which changes nothing here
    try:
        quantize_dynamic(
            model,
            path,
            op_types_to_quantize=["LSTM", "MatMul"],
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
        )
    finally:
        log.setLevel(level)
