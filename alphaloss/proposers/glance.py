"""A glance at a new loss before it is proposed: on a few samples, is it finite, and does it pull towards the labels?

It costs a millisecond or two, so that hopeless ones need not be traced; the gate looks properly, and decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from alphaloss.losses.cost import elements
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.numeric import evaluate, value_and_gradient
from alphaloss.losses.types import Target
from alphaloss.proposers.draws import NotApplicableError

Array = NDArray[np.float64]
Inputs = Mapping[str, NDArray[Any]]

_LEAST_ALIGNMENT = 0.3
_SMALLEST, _LARGEST = 1e-6, 1e5
_SAME_DIRECTION = 1e-6
_SAMPLES = 16
_MOST_KEPT = 200_000
"""Numbers that a loss may keep for a sample; tables of classes by classes are left out from some 200 classes on."""
_GAPS = (20.0, 100.0, 1000.0)
_WIDTHS: Mapping[Target, int] = {"classes": 10, "values": 3}


class Look(NamedTuple):
    """What a glance shows of a loss.

    Attributes:
        field: gradients with respect to the predictions at typical samples, shape (samples * width,), of unit norm.
        strength: RMS of these gradients, over that of the reference.
        sound: finite everywhere, with a gradient of usable size that pulls towards the labels.
    """

    field: Array
    strength: float
    sound: bool

    def resembles(self, other: Look) -> bool:
        """Whether two losses have the same gradients up to a factor: to train with one is to train with the other."""
        return bool(0.5 * np.sum((self.field - other.field) ** 2) < _SAME_DIRECTION)


@dataclass(frozen=True)
class Glance:
    """Fixed samples on which losses are looked at.

    Attributes:
        target: what the task's model predicts.
        class_prior: the task's, shape (classes,); empty for 10 classes with a long tail, or 3 outputs.
    """

    target: Target
    class_prior: tuple[float, ...] = ()

    @property
    def width(self) -> int:
        """Classes, or outputs."""
        return len(self.class_prior) or _WIDTHS[self.target]

    def look(self, graph: LossGraph) -> Look:
        """Looks at a loss. One that needs more classes, or more memory, is not sound and has no field."""
        if graph.least_classes > self.width or elements(graph, self.width, self.width) > _MOST_KEPT:
            return Look(np.zeros(0), 0.0, sound=False)
        _, gradient = value_and_gradient(graph, self._typical)
        reference = self._reference(self._typical)
        field: Array = np.asarray(gradient, np.float64).ravel()
        size = float(np.linalg.norm(gradient))
        strength = size / float(np.linalg.norm(reference))
        usable = np.isfinite(size) and _SMALLEST <= strength <= _LARGEST
        sound = bool(usable and self._aligned(graph) and self._finite(graph) and self._has_lowest(graph))
        return Look(field / size if usable else field, strength, sound)

    def _aligned(self, graph: LossGraph) -> bool:
        inputs = self._start
        _, gradient = value_and_gradient(graph, inputs)
        wanted = self._reference(inputs)
        norms = np.linalg.norm(gradient, axis=-1) * np.linalg.norm(wanted, axis=-1)
        cosines = np.sum(gradient * wanted, axis=-1) / np.where(norms > 0, norms, np.inf)
        return bool(cosines.mean() >= _LEAST_ALIGNMENT)

    def _finite(self, graph: LossGraph) -> bool:
        return all(bool(np.isfinite(part).all()) for part in value_and_gradient(graph, self._extremes))

    def _has_lowest(self, graph: LossGraph) -> bool:
        """Predictions that go ever farther do not make the loss ever lower."""
        with np.errstate(all="ignore"):
            values = [evaluate(graph, {**self._far, "y_pred": d * self._far["y_pred"]}) for d in (1.0, 10.0, 100.0)]
        near, far, farther = np.clip(values, -1e300, 1e300)
        return not bool((far - farther > 2.0 * np.maximum(near - far, 0.0) + 1.0).any())

    @cached_property
    def _typical(self) -> Inputs:
        """Float64; logits with a standard deviation of 0.5, or values with one of 1."""
        rng = np.random.default_rng(1966)
        if self.target == "values":
            return self._batch(rng.normal(size=(_SAMPLES, self.width)), rng.normal(size=(_SAMPLES, self.width)))
        labels = np.eye(self.width)[rng.integers(0, self.width, _SAMPLES)]
        return self._batch(labels, rng.normal(0.0, 0.5, (_SAMPLES, self.width)))

    @cached_property
    def _start(self) -> Inputs:
        """Where a training begins: the logits are nearly equal."""
        small = 0.2 if self.target == "classes" else 1.0
        return {**self._typical, "y_pred": small * self._typical["y_pred"]}

    @cached_property
    def _extremes(self) -> Inputs:
        """Float32; right and wrong by far, sure of one label and of all alike."""
        rows = [np.zeros(self.width)]
        rows += [sign * gap * np.eye(self.width)[at] for gap in _GAPS for sign in (1, -1) for at in (0, -1)]
        labels = [np.eye(self.width)[0], np.full(self.width, 1.0 / self.width)]
        if self.target == "values":
            labels = [np.zeros(self.width), np.full(self.width, _GAPS[-1])]
        y_true, y_pred = np.repeat(labels, len(rows), axis=0), np.tile(rows, (len(labels), 1))
        return self._batch(y_true, y_pred, "float32")

    @cached_property
    def _far(self) -> Inputs:
        """Float64; ten thousand in every kind of direction."""
        eye = np.eye(self.width)
        rows = np.array([sign * row for sign in (1.0, -1.0) for row in (eye[0], eye[-1], np.ones(self.width))])
        labels = np.tile(eye[0] if self.target == "classes" else np.zeros(self.width), (len(rows), 1))
        return self._batch(labels, 1e4 * rows)

    def _reference(self, inputs: Inputs) -> Array:
        """The gradient of cross-entropy, p - y, or of the squared error."""
        y_true, y_pred = inputs["y_true"], inputs["y_pred"]
        if self.target == "values":
            return np.asarray(2.0 * (y_pred - y_true) / self.width)
        p = np.exp(y_pred)  # of small logits
        return np.asarray(p / p.sum(axis=-1, keepdims=True) - y_true)

    def _batch(self, y_true: Sequence[Any] | Array, y_pred: Array, dtype: str = "float64") -> Inputs:
        inputs = {"y_true": np.asarray(y_true, dtype), "y_pred": np.asarray(y_pred, dtype)}
        if self.target == "classes":
            tail = np.geomspace(1.0, 0.1, self.width)
            inputs["class_prior"] = np.asarray(self.class_prior or tail / tail.sum(), dtype)
        return inputs


_GLANCES: Mapping[Target, Glance] = {target: Glance(target) for target in ("classes", "values")}


def strength(graph: LossGraph) -> float:
    """The RMS of a loss's gradients over the reference's, the weight of one loss against another.

    Raises:
        NotApplicableError: it has no gradient there that could be weighed.
    """
    found = _GLANCES[graph.target].look(graph).strength
    if not _SMALLEST <= found <= _LARGEST:
        raise NotApplicableError
    return found
