"""Check 7, `DUPLICATE`: does a loss behave like one that is already known?

Two losses are duplicates if their canonical graphs are equal, or if their gradient fields (gradients on fixed probes as
one vector of unit norm, hence blind to scale and offset) point the same way on a first and on a second set of probes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from alphaloss.gate import probes
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.numeric import value_and_gradient

Field = NDArray[np.float64]


def gradient_field(graph: LossGraph, inputs: probes.Inputs) -> Field:
    """Gradients with respect to the logits, flattened to unit norm; zeros if there are none."""
    _, gradient = value_and_gradient(graph, inputs)
    field = np.asarray(gradient, dtype=np.float64).ravel()
    norm = np.linalg.norm(field)
    return field / norm if norm > 0 else field


class KnownLosses:
    """The losses of a run, by key and by gradient field.

    Args:
        distance: cosine distance below which two losses are the same.
        classes: the task's class count, at which the second look is taken.
    """

    def __init__(self, distance: float, classes: int) -> None:
        self.distance = distance
        self.classes = classes
        self._graphs: dict[str, LossGraph] = {}
        self._scales: list[float] = []
        self._fields = np.empty((64, 640))

    def add(self, graph: LossGraph, field: Field, scale: float) -> None:
        """Remembers a loss; `field` comes from `probes.random_logits(10)`."""
        count = len(self._graphs)
        if count == len(self._fields):
            self._fields = np.concatenate([self._fields, np.empty_like(self._fields)])
        self._fields[count] = field
        self._scales.append(scale)
        self._graphs[graph.key] = graph

    def find(self, graph: LossGraph, field: Field, scale: float | None = None) -> str | None:
        """The key of a known loss that behaves the same.

        Args:
            graph: the new loss.
            field: its gradient field.
            scale: where the scale of a loss matters to the training, the new loss's; only equals count then.
        """
        if graph.key in self._graphs:
            return graph.key
        count = len(self._graphs)
        # 1 - cosine loses half the digits to cancellation; half the squared distance of unit vectors is the same.
        distances = 0.5 * np.sum((self._fields[:count] - field) ** 2, axis=1)
        keys: list[str] = list(self._graphs)
        for index in map(int, np.argsort(distances)):
            if distances[index] > self.distance:
                return None
            if scale is not None and not np.isclose(scale, self._scales[index], rtol=1e-6):
                continue
            if self._confirmed(graph, self._graphs[keys[index]]):
                return keys[index]
        return None

    def _confirmed(self, graph: LossGraph, known: LossGraph) -> bool:
        inputs = probes.second_look(self.classes)
        difference = gradient_field(graph, inputs) - gradient_field(known, inputs)
        return bool(0.5 * np.sum(difference**2) <= self.distance)
