"""CTC's kernel under JAX: the forward-backward algorithm with its gradient by hand; `asr.ctc` says what it computes.

Labels l_1 .. l_U and the blanks around them are 2U + 1 states. alpha[t, s] is the log of the summed probability of all
paths through frames 0 .. t that end in state s, beta[t, s] of those from state s at frame t through the frames after t.
Both are moved at every frame so that their largest is 0: logs of a thousand frames would leave float32 no digits for
the differences between states. The gradient by a logit is its softmax minus the posterior of its class. Source: Graves
et al., ICML 2006, sections 4.1 and 4.2.
"""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp

from asr.layers.tensor import Tensor

_NEVER = -1e30  # log of a probability of zero: finite, so that differences of two of them are numbers


class _States(NamedTuple):
    """What the two passes read.

    Attributes:
        emitted: [T, B, S] log-probability of each state's class.
        skips: [B, S] 0 where a path may come from two states before, `_NEVER` elsewhere.
        true: [T, B, 1] booleans, before each length.
    """

    emitted: Tensor
    skips: Tensor
    true: Tensor


@jax.custom_vjp
def kernel(logits: Tensor, lengths: Tensor, labels: Tensor, label_lengths: Tensor) -> Tensor:
    """Return the loss [B] of rows that can be aligned.

    Args:
        logits: [B, T, V] float32.
        lengths: [B] int32, from 1.
        labels: [B, U] int32.
        label_lengths: [B] int32, from 1.
    """
    return _forward(logits, lengths, labels, label_lengths)[0]


@jax.jit  # compiled once for each shape also where the caller does not compile
def _forward(logits: Tensor, lengths: Tensor, labels: Tensor, label_lengths: Tensor) -> tuple[Tensor, tuple]:
    log_probs = jax.nn.log_softmax(logits)
    states = _states(log_probs, lengths, labels)
    ends = _ends(label_lengths, states.skips.shape[1])
    alpha, log_scale = _alpha(states)
    loss = -log_scale - jax.nn.logsumexp(alpha[-1] + ends, axis=1)
    return loss, (log_probs, labels, states, ends, alpha)


@jax.jit
def _backward(saved: tuple, d_loss: Tensor) -> tuple[Tensor, None, None, None]:
    log_probs, labels, states, ends, alpha = saved
    posterior = jax.nn.softmax(alpha + _beta(states, ends)) * states.true  # [T, B, S]
    classes = jax.nn.one_hot(labels, log_probs.shape[-1], dtype=posterior.dtype)
    of_class = jnp.einsum("tbu,buv->btv", posterior[:, :, 1::2], classes, precision="highest")
    of_class = of_class.at[:, :, 0].add(posterior[:, :, ::2].sum(axis=2).T)
    softmax = jnp.exp(log_probs) * jnp.moveaxis(states.true, 0, 1)
    return (softmax - of_class) * d_loss[:, None, None], None, None, None


kernel.defvjp(_forward, _backward)


def _states(log_probs: Tensor, lengths: Tensor, labels: Tensor) -> _States:
    size, frames, _ = log_probs.shape
    classes = jnp.zeros((size, 2 * labels.shape[1] + 1), labels.dtype).at[:, 1::2].set(labels)
    emitted = jnp.take_along_axis(log_probs, classes[:, None], axis=2)
    differs = jnp.pad(labels[:, 1:] != labels[:, :-1], [(0, 0), (1, 0)])  # the first label has none before it
    skips = jnp.full(classes.shape, _NEVER).at[:, 1::2].set(jnp.where(differs, 0, _NEVER))
    true = jnp.arange(frames)[:, None] < lengths
    return _States(jnp.moveaxis(emitted, 1, 0), skips, true[..., None])


def _ends(label_lengths: Tensor, num_states: int) -> Tensor:
    """Return [B, S]: 0 for the last label and the blank after it, where a path may end, `_NEVER` elsewhere."""
    from_last_label = jnp.arange(num_states) - (2 * label_lengths[:, None] - 1)
    return jnp.where((from_last_label == 0) | (from_last_label == 1), 0.0, _NEVER)


def _alpha(states: _States) -> tuple[Tensor, Tensor]:
    """Return [T, B, S], past a length as at the last true frame, and the sum [B] of what was taken away."""
    first = jnp.where(jnp.arange(states.skips.shape[1]) < 2, states.emitted[0], _NEVER)

    def step(carried: tuple[Tensor, Tensor], frame: tuple[Tensor, Tensor]) -> tuple[tuple[Tensor, Tensor], Tensor]:
        (alpha, log_scale), (emitted, true) = carried, frame
        reached = _log_sum(alpha, _moved(alpha, 1), _moved(alpha, 2) + states.skips) + emitted
        largest = jnp.max(reached, axis=1, keepdims=True)
        alpha = jnp.where(true, reached - largest, alpha)
        return (alpha, log_scale + jnp.where(true, largest, 0)[:, 0]), alpha

    start = (first, jnp.zeros(len(first)))
    (_, log_scale), alphas = jax.lax.scan(step, start, (states.emitted[1:], states.true[1:]))
    return jnp.concatenate([first[None], alphas]), log_scale


def _beta(states: _States, ends: Tensor) -> Tensor:
    """Return [T, B, S] up to a constant of each frame; at and past the last true frame ``ends``."""
    skips = _moved(states.skips, -2)  # of the state that is skipped to

    def step(beta: Tensor, frame: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        emitted, true = frame
        after = beta + emitted
        reached = _log_sum(after, _moved(after, -1), _moved(after, -2) + skips)
        beta = jnp.where(true, reached - jnp.max(reached, axis=1, keepdims=True), beta)
        return beta, beta

    betas = jax.lax.scan(step, ends, (states.emitted[1:], states.true[1:]), reverse=True)[1]
    return jnp.concatenate([betas, ends[None]])


def _moved(values: Tensor, by: int) -> Tensor:
    """Return [B, S] with state s where state s + by was not: moved to the right, or to the left when negative."""
    edge = ((0, 0), (max(by, 0), max(-by, 0)))
    padded = jnp.pad(values, edge, constant_values=_NEVER)
    return padded[:, : values.shape[1]] if by > 0 else padded[:, -by:]


def _log_sum(*values: Tensor) -> Tensor:
    largest = functools.reduce(jnp.maximum, values)
    return largest + jnp.log(sum(jnp.exp(value - largest) for value in values))
