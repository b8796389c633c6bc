import numpy as np
import pytest

from asr.decoding.quantise import expand, quantise

LEVELS = [0, 1, 5, 1005, 3005]


def test_values_come_back_near_and_zero_and_the_first_order_exactly() -> None:
    values = -np.random.default_rng(0).exponential(3, LEVELS[-1]).astype(np.float32)
    values[10:20] = 0
    codes, tables = quantise(values, LEVELS)
    assert codes.dtype == np.uint8 and len(codes) == 3000 and len(tables) == 512
    found = expand(values[:5], codes, tables, LEVELS)
    assert np.array_equal(found[:5], values[:5])
    assert (found[10:20] == 0).all() and (np.delete(found[5:], range(5, 15)) != 0).all()
    assert np.abs(found - values).mean() < 0.02
    assert found.mean() == pytest.approx(values.mean(), rel=1e-3)


@pytest.mark.parametrize("distinct", [[0.0], [-1.5], [-1.5, -2.5, 0.25]])
def test_few_values_come_back_exactly(distinct: list[float]) -> None:
    values = np.random.default_rng(0).choice(np.array(distinct, np.float32), LEVELS[-1])
    assert np.array_equal(expand(values[:5], *quantise(values, LEVELS), LEVELS), values)


def test_back_offs_end_before_the_last_order() -> None:
    values = np.linspace(-2, -1, LEVELS[3], dtype=np.float32)
    codes, tables = quantise(values, LEVELS)
    assert expand(values[:5], codes, tables, LEVELS) == pytest.approx(values, abs=0.01)
