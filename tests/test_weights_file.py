import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.errors import RunError
from asr.weights_file import load_weights, save_weights, stored_arrays

SHAPES = st.lists(st.lists(st.integers(0, 5), max_size=3).map(tuple), max_size=4)


@settings(max_examples=20)
@given(shapes=SHAPES)
def test_each_array_lies_where_it_is_said_to_be(tmp_path_factory, shapes):
    path = tmp_path_factory.mktemp("weights") / "weights.npz"
    rng = np.random.default_rng(len(shapes))
    weights = {f"{'é' * number}layer.{number}.kernel": rng.normal(size=shape) for number, shape in enumerate(shapes)}
    save_weights(path, weights)
    content, loaded, stored = path.read_bytes(), load_weights(path), stored_arrays(path)
    assert list(weights) == list(loaded) == list(stored)
    for name, (offset, dtype, shape) in stored.items():
        count = int(np.prod(shape))
        values = np.frombuffer(content, dtype, count, offset).reshape(shape) if count else np.zeros(shape, dtype)
        np.testing.assert_array_equal(values, loaded[name])
        np.testing.assert_allclose(values, weights[name], rtol=2**-11, atol=1e-6)
        assert offset % 64 == 0


def test_what_multiplies_has_16_bits_and_the_rest_32(tmp_path):
    save_weights(tmp_path / "weights.npz", {"a.kernel": np.ones((2, 3)), "a.moving_variance": np.full(2, 1e-12)})
    loaded = load_weights(tmp_path / "weights.npz")
    assert [(values.dtype, values.min()) for values in loaded.values()] == [
        ("float16", 1),
        ("float32", np.float32(1e-12)),
    ]


def test_equal_weights_give_equal_bytes(tmp_path):
    for name in ("one.npz", "other.npz"):
        save_weights(tmp_path / name, {"bias": np.arange(3.0)})
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "other.npz").read_bytes()


@pytest.mark.parametrize("value", [1e5, np.nan])
def test_weights_that_16_bits_cannot_hold_are_refused_by_name(tmp_path, value):
    with pytest.raises(RunError, match=r"weights.npz: output.kernel: has values that float16 cannot hold"):
        save_weights(tmp_path / "weights.npz", {"output.kernel": np.array([value])})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", b"no weights", None], ids=["empty", "text", "truncated"])
def test_a_damaged_file_is_named(tmp_path, content):
    path = tmp_path / "weights.npz"
    save_weights(path, {"bias": np.arange(300.0)})
    path.write_bytes(path.read_bytes()[:-100] if content is None else content)
    with pytest.raises(RunError, match=r"weights.npz: not a file of weights"):
        load_weights(path)
