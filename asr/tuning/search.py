"""optuna's study of a search of hyper-parameters, made anew of the trials so far: what to try next, what to give up.

As it is made of their record alone, an interrupted search goes on as if nothing had happened.

Sources: Golovin et al., "Google Vizier" (KDD 2017), for the median; Li et al., "A System for Massively Parallel
Hyperparameter Tuning" (arXiv:1810.05934), for successive halving; Li et al., "Hyperband" (arXiv:1603.06560).
"""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from asr.tuning.sampler import sampler_for
from asr.tuning.space import Choices, Dimension, Range, StudySettings
from asr.tuning.training_trial import TrainingTrial

if TYPE_CHECKING:
    import optuna

_REDUCTION = 3  # of three trials, halving and hyperband let one go on
_DIGITS = 6  # of what is drawn: enough for any rate, and a config that people can read
_LEAST_TRIALS_OF_IMPORTANCE = 10  # with fewer, chance decides


class Search:
    """The next trial of a study."""

    def __init__(
        self,
        dimensions: Mapping[str, Dimension],
        settings: StudySettings,
        epochs: int,
        trials: Sequence[TrainingTrial],
        first: Mapping[str, Any],
    ) -> None:
        """Take up the trials so far, and draw the next one's parameters.

        Args:
            dimensions: what may be tried.
            settings: of the study.
            epochs: of a trial.
            trials: made so far.
            first: what the first trial takes; what it lacks is drawn.
        """
        self._study, space = _replayed(dimensions, settings, epochs, trials)
        if not trials:
            self._study.enqueue_trial({key: _plain(dimensions[key], value) for key, value in first.items()})
        self._study.sampler = sampler_for(len(trials), settings.seed, settings.random_trials)
        self._trial = self._study.ask(space)
        self.parameters = {key: _value(dimensions[key], value) for key, value in self._trial.params.items()}
        self._epochs, self._prunes = epochs, settings.pruner != "none"

    def goes_on(self, epoch: int, value: float | None) -> bool:
        """Tell how an epoch (from 1) did, and return whether the trial is worth another."""
        if value is None or not self._prunes:
            return True
        self._trial.report(value, epoch)
        return not self._trial.should_prune() or epoch >= self._epochs


def importance(
    dimensions: Mapping[str, Dimension], trials: Sequence[TrainingTrial], settings: StudySettings
) -> dict[str, float]:
    """Return each parameter's share in what set the best trials apart, greatest first; nothing after few trials.

    Source: Watanabe et al., "PED-ANOVA" (arXiv:2304.10255).
    """
    complete = [trial for trial in trials if trial.state == "complete" and trial.best_value is not None]
    if len(complete) < _LEAST_TRIALS_OF_IMPORTANCE:
        return {}
    import optuna

    unpruned = settings.model_copy(update={"pruner": "none"})
    study, _ = _replayed(dimensions, unpruned, 1, complete)
    return optuna.importance.get_param_importances(study, evaluator=optuna.importance.PedAnovaImportanceEvaluator())


def _replayed(
    dimensions: Mapping[str, Dimension], settings: StudySettings, epochs: int, trials: Sequence[TrainingTrial]
) -> tuple["optuna.Study", dict[str, "optuna.distributions.BaseDistribution"]]:
    """Return a study that has made the trials, and its space."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    space = {key: _distribution(dimension) for key, dimension in dimensions.items()}
    # The name is fixed, for hyperband groups trials by it.
    study = optuna.create_study(
        study_name="asr tune", sampler=optuna.samplers.RandomSampler(), pruner=_pruner(settings, epochs)
    )
    for done in trials:
        study.enqueue_trial({key: _plain(dimensions[key], value) for key, value in done.parameters.items()})
        trial = study.ask(space)
        for epoch, value in enumerate(done.values, 1):
            if value is not None:
                trial.report(value, epoch)
                trial.should_prune()  # successive halving notes what it has seen
        if done.state == "complete" and done.best_value is not None:
            study.tell(trial, done.best_value)
        else:  # the estimator learns from what was given up and from what broke: both were bad
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
    return study, space


def _pruner(settings: StudySettings, epochs: int) -> "optuna.pruners.BasePruner":
    import optuna

    least = settings.min_epochs
    if settings.pruner == "median":
        return optuna.pruners.MedianPruner(n_startup_trials=settings.full_trials, n_warmup_steps=least)
    if settings.pruner == "halving":
        return optuna.pruners.SuccessiveHalvingPruner(min_resource=least, reduction_factor=_REDUCTION)
    if settings.pruner == "hyperband":
        return optuna.pruners.HyperbandPruner(min_resource=least, max_resource=epochs, reduction_factor=_REDUCTION)
    return optuna.pruners.NopPruner()


def _distribution(dimension: Dimension) -> "optuna.distributions.BaseDistribution":
    import optuna

    if isinstance(dimension, Choices):  # optuna takes no lists: it sees each as JSON
        return optuna.distributions.CategoricalDistribution([json.dumps(choice) for choice in dimension.choices])
    low, high, log, step = dimension.low, dimension.high, dimension.log, dimension.step
    if isinstance(low, int) and isinstance(high, int):
        return optuna.distributions.IntDistribution(low, high, log=log, step=int(step or 1))
    return optuna.distributions.FloatDistribution(low, high, log=log, step=step)


def _plain(dimension: Dimension, value: Any) -> Any:
    """Return a setting's value as optuna sees it."""
    return json.dumps(value) if isinstance(dimension, Choices) else value


def _value(dimension: Dimension, drawn: Any) -> Any:
    """Return what optuna has drawn as a setting's value."""
    if isinstance(dimension, Choices):
        return json.loads(drawn)
    assert isinstance(dimension, Range)
    return min(max(float(f"{drawn:.{_DIGITS}g}"), dimension.low), dimension.high) if type(drawn) is float else drawn
