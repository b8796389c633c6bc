import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.decoding import align_kernel as module
from asr.decoding.align import _topology, align, align_greedily
from asr.errors import ShapeError, UtteranceError
from tests.reference import collapse_by_definition, random_log_probs

seeds = st.integers(0, 2**32 - 1)
SPACE, TAB = 1, 2


def words_of(labels, separators):
    """The labels of each word: what stands between separators, those repeated or at the ends left out."""
    groups = itertools.groupby(labels, lambda label: label in separators)
    return [list(group) for is_separator, group in groups if not is_separator]


def best_log_prob_by_enumeration(log_probs, labels, separators=()):
    """The best of all paths that spell the words of ``labels``; -inf where there is none."""
    num_frames, num_classes = log_probs.shape
    best = -np.inf
    for path in itertools.product(range(num_classes), repeat=num_frames):
        if words_of(collapse_by_definition(path), separators) == words_of(labels, separators):
            best = max(best, log_probs[range(num_frames), path].sum())
    return best


def path_of(alignment, labels, log_probs, separators=()):
    """The path that an alignment stands for, with the best of what may lie between the labels."""
    path = np.zeros(alignment.num_frames, int)
    owner = np.full(alignment.num_frames, -1)
    for index, (start, end) in enumerate(zip(alignment.starts, alignment.ends, strict=True)):
        assert start < end
        path[start:end], owner[start:end] = labels[index], index
    for separator in separators:  # separators may stand wherever no word goes on
        for frame in np.flatnonzero(owner == -1):
            before = [labels[i] for i in owner[:frame] if i >= 0][-1:]
            after = [labels[i] for i in owner[frame:] if i >= 0][:1]
            at_edge = not before or not after or {*before, *after} & set(separators)
            if at_edge and log_probs[frame, separator] > log_probs[frame, path[frame]]:
                path[frame] = separator
    for frame in np.flatnonzero(np.isin(path, separators)):
        path[frame] = separators[np.argmax(log_probs[frame, list(separators)])]
    return path


@settings(max_examples=50)
@given(seeds, st.integers(1, 6), st.lists(st.integers(1, 2), max_size=4))
def test_the_alignment_is_the_best_of_all_paths(seed, num_frames, labels):
    log_probs = random_log_probs(seed, num_frames, num_classes=3)
    expected = best_log_prob_by_enumeration(log_probs, labels)
    if expected == -np.inf:
        with pytest.raises(UtteranceError, match="frames for"):
            align(log_probs, labels)
        return
    alignment = align(log_probs, labels)
    assert alignment.log_prob == pytest.approx(expected, rel=1e-5)  # emissions are float32
    path = path_of(alignment, labels, log_probs)
    assert collapse_by_definition(tuple(path)) == labels
    assert log_probs[range(num_frames), path].sum() == pytest.approx(expected)


@settings(max_examples=30)
@given(seeds, st.integers(1, 5), st.sampled_from([[], [3], [3, 1, 3], [3, 3], [3, 2, 3]]))
def test_separators_may_surround_words_and_be_of_either_kind(seed, num_frames, labels):
    log_probs = random_log_probs(seed, num_frames, num_classes=4)
    expected = best_log_prob_by_enumeration(log_probs, labels, (SPACE, TAB))
    if expected == -np.inf:
        with pytest.raises(UtteranceError, match="frames for"):
            align(log_probs, labels, separators=[SPACE, TAB])
        return
    alignment = align(log_probs, labels, separators=[SPACE, TAB])
    assert alignment.log_prob == pytest.approx(expected, rel=1e-5)
    path = path_of(alignment, labels, log_probs, (SPACE, TAB))
    assert words_of(collapse_by_definition(tuple(path)), (SPACE, TAB)) == words_of(labels, (SPACE, TAB))
    assert log_probs[range(num_frames), path].sum() == pytest.approx(expected)


@given(seeds, st.integers(1, 60), st.integers(0, 20), st.integers(1, 70))
def test_the_way_back_is_the_same_wherever_scores_are_kept(seed, num_frames, num_labels, block):
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(1, 21))[: min(num_labels, num_frames)]  # no repeats: always alignable
    log_probs = random_log_probs(seed, num_frames, num_classes=21)
    classes, skips = _topology(labels, (), 0)
    emissions = log_probs.astype(np.float32)
    kept = np.full((1, len(classes)), -np.inf)
    module._forward(emissions, classes, skips, num_frames, kept)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_block_size", lambda *_: block)
        path, log_prob = module.best_path(emissions, classes, skips)
        patch.setattr(module, "_block_size", lambda *_: num_frames)
        whole_path, whole_log_prob = module.best_path(emissions, classes, skips)
    assert log_prob == whole_log_prob
    np.testing.assert_array_equal(path, whole_path)
    assert emissions[np.arange(num_frames), classes[path]].astype(float).sum() == pytest.approx(log_prob)


def test_the_kernels_do_what_their_python_does(monkeypatch):
    log_probs, labels = random_log_probs(3, 40, 5), [1, 1, 2, 3, 4, 4, 1]
    compiled = align(log_probs, labels)
    for name in ("_forward", "_backward", "_advance"):
        monkeypatch.setattr(module, name, getattr(module, name).py_func)
    plain = align(log_probs, labels)
    assert plain.log_prob == compiled.log_prob
    np.testing.assert_array_equal(plain.starts, compiled.starts)
    np.testing.assert_array_equal(plain.ends, compiled.ends)


def test_long_recordings_take_little_memory():
    num_frames, num_labels = 12_000, 3_000  # four minutes; a bit for each frame and state would be 9 MB, a byte 72
    log_probs = random_log_probs(0, num_frames, 5).astype(np.float32)
    labels = np.random.default_rng(0).integers(1, 5, num_labels)
    align(log_probs[:50], labels[:5])  # compiles
    tracemalloc.start()
    try:
        alignment = align(log_probs, labels)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (alignment.starts[1:] >= alignment.ends[:-1]).all() and alignment.ends[-1] <= num_frames
    assert peak < 4e6


def test_no_labels_are_blanks_only():
    log_probs = random_log_probs(0, 5, 3)
    alignment = align(log_probs, [])
    assert alignment.log_prob == pytest.approx(log_probs[:, 0].sum(), rel=1e-6)
    assert len(alignment.starts) == len(alignment.ends) == 0
    assert align(np.zeros((4, 1)), []).log_prob == 0.0


def test_no_frames_hold_no_label():
    assert align(np.zeros((0, 3)), []).log_prob == 0.0
    with pytest.raises(UtteranceError, match="0 frames for 1 labels"):
        align(np.zeros((0, 3)), [1])


def test_an_impossible_path_is_said():
    with np.errstate(divide="ignore"):
        log_probs = np.log([[1.0, 0.0], [1.0, 0.0]])
    with pytest.raises(UtteranceError, match="no path of 2 frames"):
        align(log_probs, [1])


@pytest.mark.parametrize(("labels", "message"), [([0], "from 0 to 0"), ([1, 3], "from 1 to 3")])
def test_labels_that_are_no_classes_are_refused(labels, message):
    with pytest.raises(ShapeError, match=message):
        align(np.zeros((4, 3)), labels)


def test_a_batch_is_refused():
    with pytest.raises(ShapeError, match="one utterance"):
        align(np.zeros((1, 4, 3)), [1])


@given(seeds, st.integers(0, 30))
def test_where_the_best_path_of_all_spells_the_labels_they_lie_on_it(seed, num_frames):
    log_probs = random_log_probs(seed, num_frames, num_classes=4)
    labels = collapse_by_definition(tuple(log_probs.argmax(axis=1)))
    found, expected = align_greedily(log_probs, labels), align(log_probs, labels)
    assert found is not None
    np.testing.assert_array_equal(found.starts, expected.starts)
    np.testing.assert_array_equal(found.ends, expected.ends)
    assert found.log_prob == pytest.approx(expected.log_prob)
    assert found.num_frames == num_frames
    assert align_greedily(log_probs, (*labels, 1)) is None
