"""The offline proposer: graph operators instead of a language model, deterministic from a seed."""

from __future__ import annotations

import numpy as np

from alphaloss.config import OfflineSettings
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.source import print_source
from alphaloss.losses.types import GraphError
from alphaloss.proposers.context import Context
from alphaloss.proposers.operators import CROSSOVERS, IDEAS, SMALL, NotApplicableError
from alphaloss.records import Candidate, Variation


class OfflineProposer:
    """Mutates and crosses loss graphs, and prints the result as a candidate file.

    Args:
        settings: shares and limits.
        start: the loss that `random` variations begin with.
    """

    def __init__(self, settings: OfflineSettings, start: LossGraph) -> None:
        self.settings = settings
        self.start = start

    def propose(self, variation: Variation, context: Context) -> list[Candidate]:
        """One candidate; none if the drawn operator does not apply or yields nothing valid."""
        try:
            name, graph = self._vary(variation, context.rng)
        except (NotApplicableError, GraphError):
            return []
        if graph.size > self.settings.most_operations or graph.key in {p.key for p in variation.parents}:
            return []
        parents = tuple(p.key for p in variation.parents)
        return [Candidate(source=print_source(graph), operator=f"{variation.operator}.{name}", parents=parents)]

    def _vary(self, variation: Variation, rng: np.random.Generator) -> tuple[str, LossGraph]:
        if variation.operator == "crossover":
            name = list(CROSSOVERS)[rng.integers(len(CROSSOVERS))]
            first, second = variation.parents
            return name, CROSSOVERS[name](first.graph, second.graph, rng)
        if variation.operator == "mutate":
            (parent,) = variation.parents
            return self._mutate(parent.graph, 1 + (rng.random() < self.settings.second_change), rng)
        return self._mutate(self.start, self.settings.random_changes, rng)

    def _mutate(self, graph: LossGraph, changes: int, rng: np.random.Generator) -> tuple[str, LossGraph]:
        names = []
        for _ in range(changes):
            operators = IDEAS if rng.random() < self.settings.ideas else SMALL
            name = list(operators)[rng.integers(len(operators))]
            graph = operators[name](graph, rng)
            names.append(name)
        return "+".join(names), graph
