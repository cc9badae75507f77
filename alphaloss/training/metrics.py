"""The metrics that score a training: external to every loss, computed from predictions and labels with numpy.

A verdict bootstraps the samples of the test data, so each metric comes as contributions of the samples, whose mean is
the score. Of a metric that is no mean they are linearised: the score plus each sample's influence on it, in closed form
or by the delete-one jackknife (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapters 11 and 21).
Measured coverage of the intervals: `docs/design/metrics.md`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf, isfinite
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from alphaloss.errors import EvaluatorError
from alphaloss.losses.types import Target

Direction = Literal["max", "min"]
Values = NDArray[np.float64]
Labels = NDArray[Any]

_CALIBRATION_BINS = 15
_TOP = 5


@dataclass(frozen=True)
class Metric:
    """A score, as contributions of the samples.

    Attributes:
        name: how tasks and reports call it.
        target: whether it is for labels that are `classes` or `values`.
        direction: whether larger (`max`) or smaller (`min`) is better.
        samples: from predictions and labels to contributions, shape (samples,), float64, whose mean is the score.
            Of classes: logits (samples, classes) and integers (samples,); of values: both (samples, outputs).
        chance: from labels to the score of the best prediction that is the same for all samples; of a metric for which
            such a prediction can be perfect, the worst score there is.
    """

    name: str
    target: Target
    direction: Direction
    samples: Callable[[Labels, Labels], Values]
    chance: Callable[[Labels], float]

    def score(self, predictions: Labels, labels: Labels) -> float:
        """The mean contribution."""
        return float(self.samples(predictions, labels).mean())

    def better(self, score: float, than: float) -> bool:
        """Whether `score` is strictly better."""
        return score > than if self.direction == "max" else score < than


def make_metric(metric: str | Mapping[str, float], target: Target, classes: int | None = None) -> Metric:
    """The metric of a name, or the weighted sum of several.

    Args:
        metric: a name in `METRICS`, or positive weights by name. In the sum, which is better when larger, metrics that
            are better when smaller count negatively: `{"accuracy": 1, "ece": 0.5}` is accuracy - 0.5 ece.
        target: what the labels are.
        classes: how many, where that is known.

    Raises:
        EvaluatorError: a metric is unknown or does not fit the labels, or a weight is not a positive number.
    """
    if isinstance(metric, str):
        return _find(metric, target, classes)
    if not isinstance(metric, Mapping) or not metric:
        raise EvaluatorError(
            f"Task: `metric` must be {_known(target)}, or positive weights by name such as "
            f"`{{'accuracy': 1.0, 'ece': 0.5}}`; received {metric!r}."
        )
    parts = []
    for name, weight in metric.items():
        part = _find(name, target, classes)
        if not isinstance(weight, int | float) or not isfinite(weight) or weight <= 0:
            raise EvaluatorError(
                f"Task: the weight of `{name}` in `metric` must be a positive number; received {weight!r}. A metric "
                "that is better when smaller is subtracted as it is."
            )
        parts.append((part, weight if part.direction == "max" else -weight))
    return Metric(
        " ".join(_term(weight, part.name) for part, weight in parts).removeprefix("+ "),
        target,
        "max",
        samples=lambda predictions, labels: np.sum(
            [w * part.samples(predictions, labels) for part, w in parts], axis=0
        ),
        # No constant prediction is better than the sum of the best ones.
        chance=lambda labels: sum(w * part.chance(labels) for part, w in parts),
    )


def measure_all(predictions: Labels, labels: Labels, target: Target) -> dict[str, float]:
    """The scores of all metrics that fit the labels, by name."""
    fitting = [m for m in METRICS.values() if m.target == target]
    if target == "classes" and predictions.shape[-1] <= _TOP:
        fitting.remove(METRICS["top-5"])
    return {m.name: m.score(predictions, labels) for m in fitting}


def _find(name: object, target: Target, classes: int | None) -> Metric:
    metric = METRICS.get(name) if isinstance(name, str) else None
    if metric is None:
        near = difflib.get_close_matches(str(name), METRICS, n=1)
        hint = f" Did you mean `{near[0]}`?" if near else ""
        raise EvaluatorError(f"Task: `metric` must be {_known(target)}; received {name!r}.{hint}")
    if metric.target != target:
        raise EvaluatorError(
            f"Task: the metric `{name}` is for target='{metric.target}', but the task has target='{target}'; expected "
            f"{_known(target)}."
        )
    if metric.name == "top-5" and classes is not None and classes <= _TOP:
        raise EvaluatorError(
            f"Task: the metric `top-5` is always 1 with {classes} classes; write metric='accuracy' instead."
        )
    return metric


def _known(target: Target) -> str:
    return "one of " + ", ".join(m.name for m in METRICS.values() if m.target == target)


def _term(weight: float, name: str) -> str:
    factor = "" if abs(weight) == 1 else f"{abs(weight):g} "
    return f"{'-' if weight < 0 else '+'} {factor}{name}"


# Of classes


def _correct(logits: Labels, labels: Labels) -> Values:
    correct: NDArray[np.bool_] = logits.argmax(axis=-1) == labels
    return correct.astype(np.float64)


def _recalls(logits: Labels, labels: Labels) -> Values:
    """The mean recall of the classes that occur, plus what each sample adds to that of its class."""
    correct = _correct(logits, labels)
    counts = np.bincount(labels)
    recalls = np.bincount(labels, correct) / np.maximum(counts, 1)
    occur = np.count_nonzero(counts)
    weights = len(labels) / (counts[labels] * occur)
    return np.asarray(recalls.sum() / occur + weights * (correct - recalls[labels]))


def _f1(logits: Labels, labels: Labels) -> Values:
    """Jackknife of the mean F1 = 2 TP / (true + predicted) of the classes that occur or are predicted."""
    guesses, classes = logits.argmax(axis=-1), logits.shape[-1]
    hits = np.bincount(labels[guesses == labels], minlength=classes)
    both = np.bincount(labels, minlength=classes) + np.bincount(guesses, minlength=classes)
    f1, occur = 2 * hits / np.maximum(both, 1), np.count_nonzero(both)
    # Without a sample that was right its class loses a hit; otherwise two classes lose a miss each. A class that only
    # this sample belongs to keeps its value.
    right = np.where(both > 2, 2 * (hits - 1) / np.maximum(both - 2, 1), f1) - f1
    wrong = 2 * hits / np.maximum(both - 1, 1) - f1
    change = np.where(guesses == labels, right[labels], wrong[labels] + wrong[guesses])
    return _recentred((1 - len(labels)) * change / occur, f1.sum() / occur)


def _in_top(logits: Labels, labels: Labels) -> Values:
    """Of equal logits the class of the smaller number comes first, as for the accuracy."""
    own = np.take_along_axis(logits, labels[:, None], axis=-1)
    before = np.arange(logits.shape[-1]) < labels[:, None]
    above: NDArray[np.int_] = ((logits > own) | ((logits == own) & before)).sum(axis=-1)
    return (above < _TOP).astype(np.float64)


def _log_softmax(logits: Labels) -> Values:
    shifted = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))


def _minus_log_likelihood(logits: Labels, labels: Labels) -> Values:
    return -np.take_along_axis(_log_softmax(logits), labels[:, None], axis=-1)[:, 0]


def _squared_distance(logits: Labels, labels: Labels) -> Values:
    """Over all classes (Brier, "Verification of forecasts expressed in terms of probability", 1950)."""
    p = np.exp(_log_softmax(logits))
    return np.asarray(np.square(p - np.eye(p.shape[-1])[labels]).sum(axis=-1))


def _calibration(logits: Labels, labels: Labels) -> Values:
    """Jackknife of the gap between accuracy and confidence, in bins of equal width (Guo et al., ICML 2017)."""
    confidence = np.exp(_log_softmax(logits).max(axis=-1))
    gaps = _correct(logits, labels) - confidence
    bins = np.clip(np.ceil(confidence * _CALIBRATION_BINS).astype(int) - 1, 0, _CALIBRATION_BINS - 1)
    sums = np.bincount(bins, gaps, minlength=_CALIBRATION_BINS)
    return _recentred(np.abs(sums[bins]) - np.abs(sums[bins] - gaps), np.abs(sums).sum() / len(labels))


def _shares(labels: Labels) -> Values:
    counts = np.bincount(labels)
    return np.asarray(counts[counts > 0] / len(labels))


def _best_f1(labels: Labels) -> float:
    share = _shares(labels)
    return float(np.max(2 * share / (1 + share)) / len(share))


def _entropy(labels: Labels) -> float:
    share = _shares(labels)
    return float(-np.sum(share * np.log(share)))


# Of values; a mean over outputs too


def _squared_error(predictions: Labels, labels: Labels) -> Values:
    return np.asarray(np.square(_residuals(predictions, labels)).mean(axis=-1))


def _absolute_error(predictions: Labels, labels: Labels) -> Values:
    return np.asarray(np.abs(_residuals(predictions, labels)).mean(axis=-1))


def _explained(predictions: Labels, labels: Labels) -> Values:
    """The share of the variance that is explained, plus what each sample adds to both parts of that ratio."""
    errors = np.square(_residuals(predictions, labels))
    spread = np.square(labels - labels.mean(axis=0, dtype=np.float64))
    left = errors.mean(axis=0) / spread.mean(axis=0)
    return np.asarray((1 - left - (errors - left * spread) / spread.mean(axis=0)).mean(axis=-1))


def _residuals(predictions: Labels, labels: Labels) -> Values:
    return predictions.astype(np.float64) - labels


def _variance(labels: Labels) -> float:
    return float(labels.var(axis=0, dtype=np.float64).mean())


def _mean_deviation(labels: Labels) -> float:
    return float(np.abs(labels - np.median(labels, axis=0)).mean())


def _recentred(values: Values, score: float) -> Values:
    """Pseudo-values of a jackknife, up to a constant, with the score for a mean."""
    return np.asarray(values - values.mean() + score)


METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        m.name: m
        for m in [
            Metric("accuracy", "classes", "max", _correct, chance=lambda y: float(_shares(y).max())),
            Metric("balanced-accuracy", "classes", "max", _recalls, chance=lambda y: 1 / len(_shares(y))),
            Metric("macro-f1", "classes", "max", _f1, chance=_best_f1),
            Metric("top-5", "classes", "max", _in_top, chance=lambda y: float(np.sort(_shares(y))[-_TOP:].sum())),
            Metric("nll", "classes", "min", _minus_log_likelihood, chance=_entropy),
            # Always to predict the shares of the classes is perfectly calibrated.
            Metric("ece", "classes", "min", _calibration, chance=lambda _: inf),
            Metric("brier", "classes", "min", _squared_distance, chance=lambda y: float(1 - (_shares(y) ** 2).sum())),
            Metric("mse", "values", "min", _squared_error, chance=_variance),
            Metric("mae", "values", "min", _absolute_error, chance=_mean_deviation),
            Metric("r2", "values", "max", _explained, chance=lambda _: 0.0),
        ]
    }
)
"""All metrics by name."""
