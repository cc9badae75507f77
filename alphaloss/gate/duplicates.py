"""Check 7, `DUPLICATE`: does a loss behave like one that is already known?

Two losses are duplicates if their canonical graphs are equal, or if their gradient fields (gradients on fixed probes as
one vector of unit norm, hence blind to scale and offset) point the same way on a first and on a second set of probes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from alphaloss.gate import probes
from alphaloss.gate.checks import gradient_of
from alphaloss.losses.graph import LossGraph

Field = NDArray[np.float64]


def gradient_field(graph: LossGraph, inputs: probes.Inputs) -> Field:
    """Gradients with respect to the predictions, flattened to unit norm; zeros if there are none."""
    _, gradient = gradient_of(graph, inputs)
    field = np.asarray(gradient, dtype=np.float64).ravel()
    norm = np.linalg.norm(field)
    return field / norm if 0 < norm < np.inf else field


class KnownLosses:
    """The losses of a run, by key and by gradient field.

    Args:
        distance: cosine distance below which two losses are the same.
        space: the task's, where the second look is taken.
    """

    def __init__(self, distance: float, space: probes.Space) -> None:
        self.distance = distance
        self.space = space
        self._graphs: dict[str, LossGraph] = {}
        self._shelves: dict[int, _Shelf] = {}

    def add(self, graph: LossGraph, field: Field, scale: float) -> None:
        """Remembers a loss; all fields of one length come from the same probes."""
        self._graphs[graph.key] = graph
        self._shelves.setdefault(len(field), _Shelf(len(field))).add(graph, field, scale)

    def find(self, graph: LossGraph, field: Field, scale: float | None = None) -> str | None:
        """The key of a known loss that behaves the same.

        Args:
            graph: the new loss.
            field: its gradient field.
            scale: where the scale of a loss matters to the training, the new loss's; only equals count then.
        """
        if graph.key in self._graphs:
            return graph.key
        shelf = self._shelves.get(len(field))
        for known, its_scale in shelf.within(field, self.distance) if shelf else ():
            if (scale is None or np.isclose(scale, its_scale, rtol=1e-6)) and self._confirmed(graph, known):
                return known.key
        return None

    def _confirmed(self, graph: LossGraph, known: LossGraph) -> bool:
        inputs = probes.second_look(self.space)
        return bool(cosine_distance(gradient_field(graph, inputs), gradient_field(known, inputs)) <= self.distance)


class _Shelf:
    """Fields of one length, as the rows of a table that doubles when it is full."""

    def __init__(self, length: int) -> None:
        self.graphs: list[LossGraph] = []
        self.scales: list[float] = []
        self.fields = np.empty((64, length))

    def add(self, graph: LossGraph, field: Field, scale: float) -> None:
        if len(self.graphs) == len(self.fields):
            self.fields = np.concatenate([self.fields, np.empty_like(self.fields)])
        self.fields[len(self.graphs)] = field
        self.graphs.append(graph)
        self.scales.append(scale)

    def within(self, field: Field, distance: float) -> list[tuple[LossGraph, float]]:
        """Graphs and scales of the fields that are that near, the nearest first."""
        # A product finds who may be near; the exact distance is taken of those few.
        near = np.flatnonzero(self.fields[: len(self.graphs)] @ field >= 1.0 - distance - 1e-9)
        distances = cosine_distance(self.fields[near], field)
        nearest = near[np.argsort(distances, kind="stable")]
        exact = dict(zip(near.tolist(), distances.tolist(), strict=True))
        return [(self.graphs[i], self.scales[i]) for i in nearest.tolist() if exact[i] <= distance]


def field_distance(a: Field, b: Field) -> float:
    """Cosine distance of two gradient fields; infinite if they were not taken on the same probes."""
    return float(cosine_distance(a, b)) if a.shape == b.shape else np.inf


def cosine_distance(a: Field, b: Field) -> NDArray[np.float64]:
    """Cosine distance of unit vectors along the last axis, as half their squared difference.

    1 - cosine would lose half the digits to cancellation.
    """
    return np.asarray(0.5 * np.sum((a - b) ** 2, axis=-1))
