import numpy as np
import pytest

from asr.layers.attention import AttentionBlock
from asr.layers.attention_input import AttentionInput

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 5, 8)).astype("float32")
LENGTHS = np.array([5, 3])


def layer_norm(x, gamma, beta):
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-3) * gamma + beta


def rotary(x):
    """Queries or keys [T, F] as complex numbers, each turned by an angle of its own."""
    pairs = x.shape[1] // 2
    turned = (x[:, :pairs] + 1j * x[:, pairs:]) * np.exp(
        1j * np.outer(np.arange(len(x)), 1e4 ** -(np.arange(pairs) / pairs))
    )
    return np.concatenate([turned.real, turned.imag], axis=1)


def block_by_definition(x, weights, heads, turn=lambda x: x, causal=False):
    """Outputs [T, F] of one utterance [T, F]: each head looks at every frame, then a layer for each frame alone."""
    gamma_1, beta_1, gamma_2, beta_2, projection, mixing, mixing_bias, inner, inner_bias, outer, outer_bias = weights
    query, key, value = np.split(layer_norm(x, gamma_1, beta_1) @ projection, 3, axis=1)
    mixed = np.zeros_like(x)
    for columns in np.split(np.arange(x.shape[1]), heads):
        scores = np.exp(turn(query[:, columns]) @ turn(key[:, columns]).T / np.sqrt(len(columns)))
        scores = np.tril(scores) if causal else scores
        mixed[:, columns] = scores / scores.sum(axis=1, keepdims=True) @ value[:, columns]
    x = x + mixed @ mixing + mixing_bias
    return x + np.maximum(layer_norm(x, gamma_2, beta_2) @ inner + inner_bias, 0) @ outer + outer_bias


@pytest.mark.parametrize("options", [{}, {"turn": rotary}, {"causal": True}, {"turn": rotary, "causal": True}])
def test_outputs_are_those_of_the_equations_utterance_by_utterance(options):
    block = AttentionBlock(2, dropout=0.0, salt=0, rotary="turn" in options, causal="causal" in options)
    block(X, LENGTHS)
    block.set_weights([weight + RNG.normal(0, 0.1, weight.shape) for weight in block.get_weights()])
    found = np.asarray(block(X, LENGTHS))
    for row, length in enumerate(LENGTHS):
        expected = block_by_definition(X[row, :length].astype("float64"), block.get_weights(), heads=2, **options)
        np.testing.assert_allclose(found[row, :length], expected, atol=1e-5)


def test_dropout_needs_seeds_and_follows_them():
    block = AttentionBlock(2, dropout=0.5, salt=0)
    plain = block(X, LENGTHS)
    first, second = (np.asarray(block(X, LENGTHS, seeds=np.array([seed, 2], np.int32))) for seed in (1, 3))
    assert np.abs(first - plain).max() > 1e-3
    assert np.abs(first[0] - second[0]).max() > 1e-3
    np.testing.assert_array_equal(first[1], second[1])


def test_a_layer_made_from_its_config_computes_the_same():
    block = AttentionBlock(2, dropout=0.5, salt=3, rotary=True, causal=True)
    block(X, LENGTHS)
    again = AttentionBlock.from_config(block.get_config())
    again(X, LENGTHS)
    again.set_weights(block.get_weights())
    np.testing.assert_array_equal(block(X, LENGTHS), again(X, LENGTHS))


def test_an_input_layer_made_from_its_config_computes_the_same():
    layer = AttentionInput(6, dropout=0.5, salt=3, sinusoidal=True)
    layer(X)
    again = AttentionInput.from_config(layer.get_config())
    again(X)
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(layer(X), again(X))
