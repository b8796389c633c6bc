import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.ctc import ctc_loss, frames_needed, require_alignable
from asr.errors import UtteranceError
from tests.backend import value_and_gradients
from tests.reference import collapse_by_definition, ctc_by_definition, ctc_loss_by_enumeration


def log_softmax(logits: np.ndarray) -> np.ndarray:
    return logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)


def loss_and_gradient(logits, lengths, labels, label_lengths):
    arrays = [np.asarray(array) for array in (lengths, labels, label_lengths)]
    losses, (gradient,) = value_and_gradients(lambda logits: ctc_loss(logits, *arrays), [logits])
    return losses, gradient


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), num_frames=st.integers(1, 5), labels=st.lists(st.integers(1, 2), max_size=4))
def test_the_loss_is_the_sum_over_every_path_that_collapses_to_the_labels(seed, num_frames, labels):
    logits = np.random.default_rng(seed).normal(0, 2, size=(1, 5, 3))
    padded = np.array([[*labels, *[0] * (4 - len(labels))]])
    (loss,) = np.asarray(ctc_loss(logits.astype("float32"), np.array([num_frames]), padded, np.array([len(labels)])))
    expected = ctc_loss_by_enumeration(log_softmax(logits[0, :num_frames]), labels)
    assert loss == pytest.approx(expected if np.isfinite(expected) else 0.0, abs=1e-4)
    assert np.isfinite(expected) == (frames_needed(labels) <= num_frames)


def test_what_cannot_be_aligned_has_no_loss_and_exactly_no_gradient():
    logits = np.random.default_rng(0).normal(size=(3, 4, 3))
    losses, gradient = loss_and_gradient(logits, [4, 3, 0], [[1, 2, 1], [1, 1, 1], [1, 0, 0]], [3, 3, 1])
    assert losses[0] > 0
    assert gradient[0].any()
    assert not losses[1:].any()
    assert not gradient[1:].any()


def test_neighbours_and_padding_change_neither_loss_nor_gradient():
    rng = np.random.default_rng(1)
    logits = rng.normal(size=(2, 9, 4))
    losses, gradient = loss_and_gradient(logits, [9, 5], [[1, 2, 3, 1], [3, 3, 0, 0]], [4, 2])
    alone, alone_gradient = loss_and_gradient(logits[1:, :5], [5], [[3, 3]], [2])
    np.testing.assert_allclose(losses[1:], alone, rtol=1e-6)
    np.testing.assert_allclose(gradient[1, :5], alone_gradient[0], atol=1e-6)
    assert not gradient[:, 9:].any()
    assert not gradient[1, 5:].any()


def test_an_empty_transcript_is_all_blanks():
    logits = np.random.default_rng(2).normal(size=(1, 3, 3))
    losses, gradient = loss_and_gradient(logits, [3], [[0, 0]], [0])
    assert losses[0] == pytest.approx(-log_softmax(logits)[0, :, 0].sum(), rel=1e-5)
    assert (gradient[0, :, 0] < 0).all()


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow's kernels")
def test_beside_a_gpu_labels_beyond_cudnn_s_limit_stay_on_the_cpu(monkeypatch):
    import tensorflow as tf

    from asr import ctc_tensorflow

    assert ctc_tensorflow._device(256) == "CPU:0"  # no GPU here
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind: ["GPU:0"])
    assert ctc_tensorflow._device(256) is None
    assert ctc_tensorflow._device(257) == "CPU:0"


def test_half_precision_logits_are_computed_in_float32():
    logits = np.random.default_rng(3).normal(size=(1, 6, 4)).astype("float16")
    half, full = (ctc_loss(array, [6], np.array([[1, 2]]), [2]) for array in (logits, logits.astype("float32")))
    assert keras.backend.standardize_dtype(half.dtype) == "float32"
    np.testing.assert_array_equal(half, full)


def test_long_utterances_of_many_lengths_have_the_gradient_that_their_posteriors_give():
    rng = np.random.default_rng(4)
    logits, lengths, label_lengths = rng.normal(0, 2, size=(3, 60, 7)), [60, 37, 12], [20, 1, 6]
    labels = rng.integers(1, 7, size=(3, 20))
    losses, gradient = loss_and_gradient(logits, lengths, labels, label_lengths)
    for row in range(3):
        loss, expected = ctc_by_definition(logits[row, : lengths[row]], labels[row, : label_lengths[row]])
        assert losses[row] == pytest.approx(loss, rel=1e-5)
        # TensorFlow's kernel keeps logs of whole utterances in float32: 1e-4 at 60 frames, 1e-3 at 400.
        np.testing.assert_allclose(gradient[row, : lengths[row]], expected, atol=3e-4)


def test_what_cannot_be_aligned_is_an_error_with_the_reason():
    require_alignable([1, 1], 3)
    with pytest.raises(UtteranceError, match="2 labels, 1 of them repeats, need 3 frames and the model makes 2"):
        require_alignable([1, 1], 2)


def test_collapse_keeps_a_repeat_only_across_a_blank():  # the reference needs a test too
    assert collapse_by_definition((1, 1, 0, 1, 2, 2)) == [1, 1, 2]


def test_the_recursion_is_the_sum_over_paths():
    logits = np.random.default_rng(5).normal(size=(4, 3))
    assert ctc_by_definition(logits, [1, 1])[0] == pytest.approx(ctc_loss_by_enumeration(log_softmax(logits), [1, 1]))
