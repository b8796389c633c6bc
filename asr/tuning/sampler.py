"""The sampler that proposes what is tried next: optuna's tree-structured Parzen estimator.

Source: Bergstra et al., "Algorithms for Hyper-Parameter Optimization" (NeurIPS 2011).
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from optuna.samplers import TPESampler


def sampler_for(trial: int, seed: int, random_trials: int) -> "TPESampler":
    """Return a sampler of its own for a trial, so that a study that was interrupted proposes what it would have.

    Args:
        trial: its number, from 0.
        seed: of the study.
        random_trials: before the estimator has something to estimate from.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    own_seed = int(np.random.SeedSequence([seed, trial]).generate_state(1)[0])
    return optuna.samplers.TPESampler(seed=own_seed, multivariate=True, n_startup_trials=random_trials)
