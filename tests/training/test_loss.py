import keras
import numpy as np

from asr.config import ModelConfig
from asr.ctc import ctc_loss
from asr.model import AcousticModel
from asr.training.loss import training_losses
from tests.backend import value_and_gradients

RNG = np.random.default_rng(0)
FRAMES, LENGTHS = RNG.normal(size=(2, 30, 8)).astype("float32"), np.array([30, 17])
LABELS, LABEL_LENGTHS = np.array([[1, 2, 1], [2, 1, 0]]), np.array([3, 2])


def made(**settings) -> AcousticModel:
    keras.utils.set_random_seed(0)
    return AcousticModel(ModelConfig(layers=3, units=8, norm="layer", **settings), num_features=8, num_classes=3)


def losses(model: AcousticModel, frames=FRAMES):
    return training_losses(model, frames, LENGTHS, LABELS, LABEL_LENGTHS, np.array([1, 2], np.int32))


def test_the_loss_is_a_mixture_of_the_output_and_the_mean_of_the_intermediate_layers():
    model = made(intermediate_ctc=(1, 2), intermediate_ctc_weight=0.4, dropout=0.0, pyramid=(2,))
    first, second, last = (
        np.asarray(ctc_loss(logits, ends, LABELS, LABEL_LENGTHS))
        for logits, ends in model(FRAMES, LENGTHS, intermediate=True)
    )
    np.testing.assert_allclose(losses(model), 0.6 * last + 0.4 * (first + second) / 2, rtol=1e-5)


def test_every_weight_learns():
    model = made(intermediate_ctc=(2,))
    _, (_, *gradients) = value_and_gradients(lambda frames: losses(model, frames), [FRAMES], model)
    assert all(gradient.any() for gradient in gradients)
