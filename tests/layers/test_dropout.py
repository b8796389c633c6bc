import zlib

import numpy as np

from asr.layers.dropout import Dropout

ONES = np.ones((3, 200, 64), "float32")
SEEDS = np.array([1, 2, 3], "int32")


def test_the_given_share_is_dropped_and_the_mean_stays():
    found = np.asarray(Dropout(0.3, salt=0)(ONES, seeds=SEEDS))
    assert abs((found == 0).mean() - 0.3) < 0.01  # 38 400 draws: three deviations are 0.007
    assert abs(found.mean() - 1) < 0.015
    assert set(np.unique(found)) == {np.float32(0), np.float32(1) / np.float32(0.7)}


def test_a_mask_depends_on_the_utterance_alone_not_on_neighbours_or_padding():
    dropout = Dropout(0.5, salt=4)
    among = np.asarray(dropout(ONES, seeds=SEEDS))
    alone = np.asarray(dropout(ONES[:1, :50], seeds=SEEDS[1:2]))
    np.testing.assert_array_equal(among[1, :50], alone[0])


def test_utterances_frames_features_and_layers_are_dropped_independently():
    first, second = (np.asarray(Dropout(0.5, salt=salt)(ONES, seeds=SEEDS)) == 0 for salt in (0, 1))
    pairs = [
        (first[0], first[1]),
        (first[0], second[0]),
        (first[0, 1:], first[0, :-1]),
        (first[0, :, 1:], first[0, :, :-1]),
    ]
    for a, b in pairs:
        assert abs((a & b).mean() - 0.25) < 0.02


def test_without_seeds_nothing_is_dropped():
    np.testing.assert_array_equal(Dropout(0.5, salt=0)(ONES), ONES)


def test_the_same_bits_are_drawn_on_every_backend():
    kept = np.asarray(Dropout(0.3, salt=3)(ONES[:, :50], seeds=np.array([1, -2, 3], "int32"))) != 0
    assert zlib.crc32(kept.tobytes()) == 4019820808  # runs that resume on another backend draw on


def test_variational_dropout_takes_the_same_values_of_every_frame():
    found = np.asarray(Dropout(0.5, salt=0, variational=True)(ONES, seeds=SEEDS))
    np.testing.assert_array_equal(found, np.broadcast_to(found[:, :1], found.shape))
    assert (found[0, 0] != found[1, 0]).any()
    assert 0 < (found[:, 0] == 0).mean() < 1
