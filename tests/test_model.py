"""The acoustic model: an utterance's neighbours and padding change nothing, in any configuration."""

import keras
import numpy as np
import pytest

from asr.config import ConvConfig, ModelConfig
from asr.ctc import ctc_loss
from asr.decoding.greedy import greedy
from asr.errors import ConfigError
from asr.model import AcousticModel, attention_features, lookahead_frames, output_lengths, recurrent_features
from asr.tokens import Tokens
from asr.trained_model import log_softmax
from tests.backend import value_and_gradients

RNG = np.random.default_rng(0)
LENGTHS = np.array([61, 40, 23])
FRAMES = RNG.normal(size=(3, 61, 20)).astype("float32")  # what stands in the padding is not zero
LABELS = np.array([[1, 2, 3, 3], [2, 2, 1, 0], [3, 1, 0, 0]])
LABEL_LENGTHS = np.array([4, 3, 2])
TOKENS = Tokens(["<blank>", " ", "A", "B", "C", "D"])
# float32 sums in matrix products of other shapes.
TOLERANCE = {"rtol": 1e-5, "atol": 1e-5}

ONE_WAY = {"bidirectional": False}
OPTIONS = {
    "no norm": {"norm": "none"},
    "batch norm": {"norm": "batch"},
    "layer norm": {"norm": "layer"},
    "one direction": ONE_WAY,
    "stacked frames": {"conv": (), "stack_frames": 3, "norm": "layer"},
    "convolution, then stacked frames": {"conv": (ConvConfig(channels=4),), "stack_frames": 2},
    "neither": {"conv": (), "norm": "none"},
    "projection": {"cell": "lstm_projection", "projection": 6},
    "residual": {"connections": "residual", "norm": "layer"},
    "dense": {"connections": "dense", "norm": "none"},
    "pyramid": {"pyramid": (2, 3), "norm": "layer"},
    "dense pyramid": {"pyramid": (2,), "connections": "dense"},
    "several outputs a frame": {"conv": (ConvConfig(channels=4),), "stack_frames": 3, "outputs_per_frame": 2},
    "look-ahead": {**ONE_WAY, "look_ahead": 4},
    "attention": {"attention_layers": 2, "attention_heads": 2, "norm": "none", "connections": "residual"},
    "transformer": {"layers": 0, "attention_layers": 2, "attention_units": 16, "positions": "sinusoidal"},
    "causal transformer": {
        "layers": 0,
        "attention_layers": 2,
        "attention_units": 16,
        "positions": "rotary",
        "causal_attention": True,
    },
    "intermediate losses": {"intermediate_ctc": (1,), "pyramid": (2,)},
    "everything": {
        **ONE_WAY,
        "stack_frames": 2,
        "connections": "dense",
        "pyramid": (2,),
        "intermediate_ctc": (1,),
        "look_ahead": 2,
        "attention_layers": 1,
    },
}


def model(**settings) -> AcousticModel:
    keras.utils.set_random_seed(1)
    config = ModelConfig(**{"units": 16, "layers": 2, **settings})
    return AcousticModel(config, num_features=20, num_classes=len(TOKENS))


@pytest.mark.parametrize("option", OPTIONS)
def test_an_utterance_alone_gives_what_it_gives_among_longer_ones_gradients_included(option):
    made = model(**OPTIONS[option])
    dirty = FRAMES.copy()
    dirty[2, 23:] = np.nan
    ends = [int(end[0]) for _, end in made(FRAMES[2:, :23], LENGTHS[2:], intermediate=True)]
    assert ends[-1] == made.output_lengths(23)
    targets = [RNG.normal(size=(end, len(TOKENS))).astype("float32") for end in ends]
    results = []
    for frames, lengths in ((dirty, LENGTHS), (FRAMES[2:, :23], LENGTHS[2:])):

        def weighted(frames, lengths=lengths):
            outputs = made(frames, lengths, intermediate=True)
            parts = [logits[-1, : len(t)] * t for (logits, _), t in zip(outputs, targets, strict=True)]
            return keras.ops.concatenate(parts)

        results.append(value_and_gradients(weighted, [frames], made))
    (among, (d_among, *d_weights)), (alone, (d_alone, *d_weights_alone)) = results
    np.testing.assert_allclose(among, alone, **TOLERANCE)
    np.testing.assert_allclose(d_among[2, :23], d_alone[0], rtol=1e-4, atol=1e-5)
    assert d_alone.any()
    assert not d_among[:2].any()
    assert not d_among[2, 23:].any()
    for found, expected in zip(d_weights, d_weights_alone, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_several_outputs_of_a_frame_follow_each_other():
    few, many = model(stack_frames=2), model(stack_frames=2, outputs_per_frame=2)
    kernel = RNG.normal(size=few.output_layer.kernel.shape).astype("float32")
    for one, other in zip(few.weights, many.weights, strict=True):
        if one.shape == other.shape:
            other.assign(one)
    few.output_layer.kernel.assign(kernel)
    many.output_layer.kernel.assign(np.concatenate([kernel, 2 * kernel], axis=1))
    once = np.asarray(few(FRAMES, LENGTHS))
    expected = np.stack([once, 2 * once], axis=2).reshape(len(once), -1, once.shape[2])
    found = np.asarray(many(FRAMES, LENGTHS))
    np.testing.assert_allclose(found, expected[:, : found.shape[1]], **TOLERANCE)


def test_the_text_of_an_utterance_does_not_depend_on_its_neighbours():
    made = model()
    made(FRAMES, LENGTHS, training=True)  # so that batch norm has something to remember
    among, alone = made(FRAMES, LENGTHS)[2], made(FRAMES[2:, :23], LENGTHS[2:])[0]
    texts = [greedy(log_softmax(np.asarray(x[: made.output_lengths(23)])), TOKENS).text for x in (among, alone)]
    assert texts[0] == texts[1]


def test_loss_and_gradient_of_an_utterance_do_not_depend_on_its_neighbours():
    made = model()
    results = []
    for rows, num_frames in ((slice(0, 3), 61), (slice(2, 3), 23)):

        def loss(frames, rows=rows):
            ends = made.output_lengths(LENGTHS[rows])
            return ctc_loss(made(frames, LENGTHS[rows]), ends, LABELS[rows], LABEL_LENGTHS[rows])[-1:]

        results.append(value_and_gradients(loss, [FRAMES[rows, :num_frames]], made))
    (among, (_, *gradients)), (alone, (_, *own_gradients)) = results
    np.testing.assert_allclose(among, alone, **TOLERANCE)
    for found, expected in zip(gradients, own_gradients, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "settings",
    [
        {"conv": (ConvConfig(stride=(1, 2)),)},
        {"conv": (ConvConfig(stride=(3, 2)), ConvConfig(stride=(2, 2)))},
        {"conv": (), "stack_frames": 4},
        {"conv": (ConvConfig(),), "stack_frames": 2, "layers": 2, "pyramid": (2, 3)},
        {"conv": (ConvConfig(),), "pyramid": (2,), "outputs_per_frame": 2},
    ],
)
def test_the_model_makes_as_many_frames_as_output_lengths_says(settings):
    made = model(**{"units": 4, "layers": 1, **settings})
    for num_frames in (1, 2, 12, 13):
        logits, ends = made(FRAMES[:1, :num_frames], np.array([num_frames]), intermediate=True)[-1]
        assert logits.shape[1] == output_lengths(made.config, num_frames) == int(ends[0])
        assert made.output_lengths(np.array([num_frames])) == logits.shape[1]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"look_ahead": 3, "connections": "residual"},
        {"conv": (ConvConfig(kernel=(5, 3), stride=(2, 2)),), "stack_frames": 2, "pyramid": (1, 2), "look_ahead": 1},
        {"attention_layers": 1, "causal_attention": True},
        {"layers": 0, "attention_layers": 2, "causal_attention": True, "attention_units": 8, "positions": "rotary"},
        {
            "layers": 0,
            "attention_layers": 1,
            "causal_attention": True,
            "positions": "sinusoidal",
            "bidirectional": True,
        },
    ],
)
def test_what_is_beyond_the_look_ahead_changes_no_earlier_output(settings):
    made = model(**{**ONE_WAY, **settings})
    last = 2 * made.config.time_stride + lookahead_frames(made.config)
    later, edge = FRAMES[:1].copy(), FRAMES[:1].copy()
    later[:, last + 1 :] += RNG.normal(size=later[:, last + 1 :].shape)
    edge[:, last] += 3 * RNG.normal(size=20)
    outputs = [np.asarray(made(frames, LENGTHS[:1]))[0, 2] for frames in (FRAMES[:1], later, edge)]
    np.testing.assert_allclose(outputs[1], outputs[0], atol=1e-6)
    assert np.abs(outputs[2] - outputs[0]).max() > 1e-5  # and the frame at the edge does: the figure is exact


def test_both_directions_and_attention_see_to_the_end():
    assert lookahead_frames(ModelConfig()) is None
    assert lookahead_frames(ModelConfig(bidirectional=False, attention_layers=1)) is None
    assert lookahead_frames(ModelConfig(layers=0, attention_layers=1)) is None
    assert lookahead_frames(ModelConfig(attention_layers=1, causal_attention=True)) is None  # two directions below
    assert lookahead_frames(ModelConfig(preset="streaming")) == 23  # 10 output frames of 2, and 3 of the convolutions


def test_heads_that_do_not_divide_the_features_are_named():
    with pytest.raises(ConfigError, match=r"attention_heads = 3 does not divide the 32 features"):
        model(attention_layers=1, attention_heads=3)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"attention_units": 12, "attention_heads": 4, "positions": "rotary"},
            "an even number of features, not 3: .*head",
        ),
        ({"attention_units": 9, "attention_heads": 3, "positions": "sinusoidal"}, "an even number of features, not 9"),
    ],
)
def test_positions_that_find_no_pairs_are_named(settings, message):
    with pytest.raises(ConfigError, match=message):
        model(attention_layers=1, **settings)


def test_a_transformer_without_positions_does_not_know_the_order_of_frames_and_with_them_it_does():
    turned = FRAMES[:1, ::-1]
    for positions, same in (("none", True), ("sinusoidal", False), ("rotary", False)):
        made = model(conv=(), layers=0, attention_layers=1, attention_units=8, positions=positions)
        forward, backward = (np.asarray(made(frames, LENGTHS[:1]))[0] for frames in (FRAMES[:1], turned))
        assert np.allclose(forward, backward[::-1], atol=1e-5) is same


def test_weights_follow_from_the_seed():
    for first, second in zip(model().get_weights(), model().get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precision_stays_near_and_puts_out_float32(precision):
    config = ModelConfig(units=16, layers=2, bidirectional=False, look_ahead=2, attention_layers=1)
    keras.utils.set_random_seed(1)
    half = AcousticModel(config, 20, len(TOKENS), precision)
    full = AcousticModel(config, 20, len(TOKENS))
    full.set_weights(half.get_weights())
    found, expected = np.asarray(half(FRAMES, LENGTHS)), np.asarray(full(FRAMES, LENGTHS))
    assert found.dtype == np.float32
    # bfloat16 has 8 bits of fraction; a few layers of them.
    np.testing.assert_allclose(found[0], expected[0], atol=0.05)
    assert all(weight.dtype == "float32" for weight in half.trainable_variables)


@pytest.mark.parametrize(
    "settings",
    [
        {"dropout": 0.5},
        {"dropout": 0.5, "variational_dropout": True},
        {"dropout": 0.0, "recurrent_dropout": 0.5},
    ],
)
def test_dropout_depends_on_the_utterances_seed_and_not_on_its_place(settings):
    made = model(**settings)
    seeds = np.array([5, 6, 7], np.int32)
    among = made(FRAMES, LENGTHS, seeds=seeds)[2]
    alone = made(FRAMES[2:, :23], LENGTHS[2:], seeds=seeds[2:])[0]
    np.testing.assert_allclose(among[: len(alone)], alone, **TOLERANCE)
    other = made(FRAMES[2:, :23], LENGTHS[2:], seeds=seeds[:1])[0]
    assert np.abs(np.asarray(other) - np.asarray(alone)).max() > 1e-3


@pytest.mark.parametrize("option", ["stacked frames", "projection", "residual", "dense", "dense pyramid", "everything"])
def test_the_features_above_the_recurrent_layers_are_those_that_are_built(option):
    made = model(**OPTIONS[option])
    if made.attention:
        assert attention_features(made.config, made.num_features) == made.attention[0].mixing.units
    above = made.attention[0].mixing.units if made.attention else made.output_layer.kernel.shape[0]
    assert recurrent_features(made.config, made.num_features) == above
