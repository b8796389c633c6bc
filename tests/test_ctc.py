import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.ctc import ctc_loss, frames_needed
from tests.reference import collapse_by_definition, ctc_loss_by_enumeration


def log_softmax(logits: np.ndarray) -> np.ndarray:
    return logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)


def loss_and_gradient(logits, lengths, labels, label_lengths):
    logits = tf.constant(logits, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        losses = ctc_loss(logits, tf.constant(lengths), tf.constant(labels), tf.constant(label_lengths))
        total = tf.reduce_sum(losses)
    return losses.numpy(), tape.gradient(total, logits).numpy()


@settings(deadline=None, max_examples=40)  # each shape is traced once
@given(seed=st.integers(0, 2**32 - 1), num_frames=st.integers(1, 5), labels=st.lists(st.integers(1, 2), max_size=4))
def test_the_loss_is_the_sum_over_every_path_that_collapses_to_the_labels(seed, num_frames, labels):
    logits = np.random.default_rng(seed).normal(0, 2, size=(1, 5, 3))
    padded = np.array([[*labels, *[0] * (4 - len(labels))]])
    losses, _ = loss_and_gradient(logits, [num_frames], padded, [len(labels)])
    expected = ctc_loss_by_enumeration(log_softmax(logits[0, :num_frames]), labels)
    assert losses[0] == pytest.approx(expected if np.isfinite(expected) else 0.0, abs=1e-4)
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


def test_half_precision_logits_are_computed_in_float32():
    logits = np.random.default_rng(3).normal(size=(1, 6, 4)).astype("float16")
    half = ctc_loss(tf.constant(logits), tf.constant([6]), tf.constant([[1, 2]]), tf.constant([2]))
    full = ctc_loss(tf.constant(logits.astype("float32")), tf.constant([6]), tf.constant([[1, 2]]), tf.constant([2]))
    assert half.dtype == tf.float32
    np.testing.assert_array_equal(half, full)


def test_collapse_keeps_a_repeat_only_across_a_blank():  # the reference needs a test too
    assert collapse_by_definition((1, 1, 0, 1, 2, 2)) == [1, 1, 2]
