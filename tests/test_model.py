"""The acoustic model: an utterance's neighbours and padding change nothing, in any configuration."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from asr.config import ConvConfig, ModelConfig
from asr.ctc import ctc_loss
from asr.decoding.greedy import greedy
from asr.model import AcousticModel, output_lengths
from asr.run import log_softmax
from asr.tokens import Tokens

RNG = np.random.default_rng(0)
LENGTHS = np.array([61, 40, 23])
FRAMES = RNG.normal(size=(3, 61, 20)).astype("float32")  # what stands in the padding is not zero
LABELS = np.array([[1, 2, 3, 3], [2, 2, 1, 0], [3, 1, 0, 0]])
LABEL_LENGTHS = np.array([4, 3, 2])
TOKENS = Tokens(["<blank>", " ", "A", "B", "C", "D"])
# float32 sums in matrix products of other shapes.
TOLERANCE = {"rtol": 1e-5, "atol": 1e-5}


def model(**settings) -> AcousticModel:
    keras.utils.set_random_seed(1)
    made = AcousticModel(ModelConfig(units=16, layers=2, **settings), num_features=20, num_classes=len(TOKENS))
    made(FRAMES, LENGTHS, training=True)  # so that batch norm has something to remember
    return made


def losses_and_gradients(made: AcousticModel, rows: slice, num_frames: int):
    frames, lengths = FRAMES[rows, :num_frames], tf.constant(LENGTHS[rows])
    with tf.GradientTape() as tape:
        logits = made(frames, lengths)
        losses = ctc_loss(
            logits, made.output_lengths(lengths), tf.constant(LABELS[rows]), tf.constant(LABEL_LENGTHS[rows])
        )
        last = losses[-1]
    return losses.numpy(), tape.gradient(last, [weight.value for weight in made.trainable_variables])


@pytest.mark.parametrize("norm", ["none", "batch", "layer"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_an_utterance_alone_gives_what_it_gives_among_longer_ones(norm, bidirectional):
    made = model(norm=norm, bidirectional=bidirectional)
    among, alone = made(FRAMES, LENGTHS)[2], made(FRAMES[2:, :23], LENGTHS[2:])[0]
    end = made.output_lengths(23)
    assert len(alone) == end
    np.testing.assert_allclose(among[:end], alone, **TOLERANCE)
    texts = [greedy(log_softmax(np.asarray(logits[:end])), TOKENS).text for logits in (among, alone)]
    assert texts[0] == texts[1]


def test_loss_and_gradient_of_an_utterance_do_not_depend_on_its_neighbours():
    made = model()
    losses, gradients = losses_and_gradients(made, slice(0, 3), 61)
    alone, own_gradients = losses_and_gradients(made, slice(2, 3), 23)
    np.testing.assert_allclose(losses[2:], alone, **TOLERANCE)
    for found, expected in zip(gradients, own_gradients, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("strides", [(1, 1), (2, 1), (2, 2), (3, 2)])
def test_the_model_makes_as_many_frames_as_output_lengths_says(strides):
    config = ModelConfig(conv=tuple(ConvConfig(stride=(stride, 2)) for stride in strides), layers=1, units=4)
    made = AcousticModel(config, num_features=20, num_classes=3)
    for num_frames in (1, 2, 11, 12, 13):
        assert made(FRAMES[:1, :num_frames], np.array([num_frames])).shape[1] == output_lengths(config, num_frames)


def test_weights_follow_from_the_seed():
    for first, second in zip(model().get_weights(), model().get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precision_stays_near_and_puts_out_float32(precision):
    keras.utils.set_random_seed(1)
    half = AcousticModel(ModelConfig(units=16, layers=2), 20, len(TOKENS), precision)
    keras.utils.set_random_seed(1)
    full = AcousticModel(ModelConfig(units=16, layers=2), 20, len(TOKENS))
    found, expected = half(FRAMES, LENGTHS), full(FRAMES, LENGTHS)
    assert found.dtype == tf.float32
    # bfloat16 has 8 bits of fraction; a few layers of them.
    np.testing.assert_allclose(found[0], expected[0], atol=0.05)
    assert all(weight.dtype == "float32" for weight in half.trainable_variables)


def test_dropout_depends_on_the_utterances_seed_and_not_on_its_place():
    made = model(dropout=0.5)
    seeds = tf.constant([5, 6, 7])
    among = made(FRAMES, LENGTHS, seeds=seeds)[2]
    alone = made(FRAMES[2:, :23], LENGTHS[2:], seeds=seeds[2:])[0]
    np.testing.assert_allclose(among[: len(alone)], alone, **TOLERANCE)
    other = made(FRAMES[2:, :23], LENGTHS[2:], seeds=seeds[:1])[0]
    assert np.abs(other - alone).max() > 1e-3
