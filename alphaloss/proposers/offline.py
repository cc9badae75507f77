"""The offline proposer: graph operators instead of a language model, deterministic from a seed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from pydantic import TypeAdapter

from alphaloss.config import OfflineSettings
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.source import print_source
from alphaloss.losses.types import GraphError
from alphaloss.proposers.context import Context
from alphaloss.proposers.credit import Shares
from alphaloss.proposers.crossovers import CROSSOVERS
from alphaloss.proposers.draws import NotApplicableError
from alphaloss.proposers.glance import Glance, Look
from alphaloss.proposers.ideas import IDEAS, PRIOR_IDEAS
from alphaloss.proposers.proposal import Made
from alphaloss.proposers.refine import Step, Tuner
from alphaloss.proposers.small import SHRINKING, SMALL
from alphaloss.proposers.surgery import Y_PRED, Y_TRUE, below
from alphaloss.proposers.tidy import tidy
from alphaloss.records import Candidate, Failed, Program, Told, Variation
from alphaloss.scores import Scores
from alphaloss.statistics import orient

_TRIES = 40
_SHRINK = 0.5  # how often a large parent is made smaller
_UNEVEN = 1.5  # most over least frequent class, from which on operators with the prior are worth it
_GOOD, _FAIR = 1.0, 0.5
_REJECTED = 0.5  # how much a refusal by the gate counts: it cost no training
_REMEMBERED = 63
_SMALL = frozenset(SMALL)
_STEP = TypeAdapter(Step)

Plan = Sequence[frozenset[str]]
"""For each mutation, the operators that it may be."""


class OfflineProposer:
    """Mutates, crosses and tunes loss graphs, and prints the result as a candidate file.

    What it learns, the shares of its operators and the steps of constants, depends on the told answers only. It never
    comes to an end.

    Args:
        settings: shares and limits.
        start: the loss that newly generated ones are mutations of.
        class_prior: the task's, shape (classes,); empty if it is not known, or for tasks of values.
    """

    def __init__(self, settings: OfflineSettings, start: LossGraph, *, class_prior: Sequence[float] = ()) -> None:
        self.settings = settings
        self.start = start
        self.glance = Glance(start.target, tuple(class_prior))
        uneven = bool(class_prior) and max(class_prior) > _UNEVEN * min(class_prior)
        ideas = {**IDEAS, **PRIOR_IDEAS} if uneven else IDEAS
        self._mutations = {**SMALL, **ideas}
        self._ideas = frozenset(ideas)
        fixed = {"floor": settings.floor, "rate": settings.adaptation}
        weights = {name: settings.ideas / len(ideas) for name in ideas}
        weights |= {name: (1.0 - settings.ideas) / len(SMALL) for name in SMALL}
        self.mutations = Shares(weights, **fixed)
        self.crossovers = Shares(dict.fromkeys(CROSSOVERS, 1.0), **fixed)
        self._tuner = Tuner()
        self._seen: set[str] = set()
        self._recent: list[float] = []

    end: None = None
    use: None = None

    def begin(self, variation: Variation, context: Context) -> Made:
        """What `propose` makes, or that it makes nothing."""
        parents = tuple(parent.key for parent in variation.parents)
        nothing = Failed(operator=variation.operator, parents=parents, reason="nothing was proposed")
        return Made(self.propose(variation, context) or nothing)

    def propose(self, variation: Variation, context: Context) -> list[Candidate]:
        """One candidate; none if nothing that looks sound was found in a bounded number of tries.

        Args:
            variation: `mutate` or `refine` of one parent, `crossover` of two or with a newly generated loss; `init` and
                `random` are newly generated: mutations of the start. Each of `mutations` is one of any kind.
            context: only its random numbers are used.
        """
        parents = [p.graph for p in variation.parents]
        looks = [self.glance.look(graph) for graph in parents or [self.start]]
        plan = self._plan(variation, context.rng)
        for attempt in range(_TRIES):
            if attempt > _TRIES // 2:
                plan = self._plan(variation, context.rng)
            try:
                child = self._vary(variation.operator, parents, plan, context.rng)
            except (NotApplicableError, GraphError):
                continue
            if self._is_new(child.graph, parents) and _is_sound(self.glance.look(child.graph), looks):
                return [
                    Candidate(
                        source=print_source(child.graph),
                        operator=f"{variation.operator}.{'+'.join(child.changes)}",
                        parents=tuple(p.key for p in variation.parents),
                        details={"step": list(child.step)} if child.step else {},
                    )
                ]
        return []

    def learn(self, told: Sequence[Told], scores: Scores) -> None:
        """Rewards the operators by what became of their candidates; a repeated training of a program tells nothing."""
        ahead = _better_half(told, scores.maximize)
        for answer in told:
            outcome = answer.outcome
            if isinstance(outcome, Failed):
                continue
            kind, _, changes = outcome.candidate.operator.partition(".")
            reward, trust = 0.0, _REJECTED
            if isinstance(outcome, Program):
                if outcome.key in self._seen:
                    continue
                self._seen.add(outcome.key)
                reward, trust = max(self._judge(outcome, scores), _FAIR * (outcome.key in ahead)), 1.0
                if kind == "refine":
                    step = _STEP.validate_python(outcome.candidate.details["step"])
                    self._tuner.learn(outcome.graph, step, success=reward == _GOOD)
            for name in changes.split("+"):
                (self.crossovers if name in CROSSOVERS else self.mutations).reward(name, reward, trust)

    def _plan(self, variation: Variation, rng: np.random.Generator) -> Plan:
        """For each mutation whether it is small or idea-sized; kept while operators are redrawn."""
        changes = len(variation.mutations)
        if variation.operator in ("init", "random"):
            changes = self.settings.random_changes
        elif variation.operator == "mutate" and not variation.mutations:
            changes = 1 + (rng.random() < self.settings.second_change)
        return self._kinds(changes, rng)

    def _kinds(self, changes: int, rng: np.random.Generator) -> Plan:
        return [_SMALL if self.mutations.draw(rng) in _SMALL else self._ideas for _ in range(changes)]

    def _vary(self, operator: str, parents: Sequence[LossGraph], plan: Plan, rng: np.random.Generator) -> _Child:
        if operator == "refine":
            graph, step = self._tuner.propose(parents[0], rng)
            return _Child(graph, ("constants",), step)
        if operator == "crossover":
            other = parents[1] if len(parents) > 1 else self._new(rng)
            name = self.crossovers.draw(rng)
            return self._mutate(tidy(CROSSOVERS[name](parents[0], other, rng)), plan, rng, name)
        return self._mutate(parents[0] if parents else self.start, plan, rng)

    def _new(self, rng: np.random.Generator) -> LossGraph:
        """A newly generated loss."""
        return self._mutate(self.start, self._kinds(self.settings.random_changes, rng), rng).graph

    def _mutate(self, graph: LossGraph, plan: Plan, rng: np.random.Generator, *names: str) -> _Child:
        """Mutates a loss as planned; `names` are the changes that it has behind it."""
        changes = list(names)
        for kind in plan:
            large = graph.size > self.settings.bloat * self.settings.most_operations
            name = self.mutations.draw(rng, among=SHRINKING if large and rng.random() < _SHRINK else kind)
            graph = tidy(self._mutations[name](graph, rng))
            changes.append(name)
        return _Child(graph, tuple(changes))

    def _is_new(self, graph: LossGraph, parents: Sequence[LossGraph]) -> bool:
        """Within the size limit, from labels and predictions, and neither a parent nor a program of the search."""
        needed = below(graph, graph.output)
        return (
            graph.size <= self.settings.most_operations
            and {Y_TRUE, Y_PRED} <= set(needed)
            and graph.key not in self._seen
            and graph.key not in {p.key for p in parents}
        )

    def _judge(self, program: Program, scores: Scores) -> float:
        """`_GOOD` if it is clearly better than its best parent, `_FAIR` if better than half of the recent programs."""
        score = scores.get(program.key)
        if score is None:
            return 0.0
        half = float(np.median(self._recent)) if self._recent else -math.inf
        self._recent = [*self._recent[-_REMEMBERED:], score.mean]
        parents = [p for p in map(scores.get, program.candidate.parents) if p is not None]
        best = max(parents, key=lambda p: p.mean, default=None)
        if best is not None and score.clearly_above(best):
            return _GOOD
        return _FAIR if score.mean > half else 0.0


def _better_half(told: Sequence[Told], maximize: bool) -> frozenset[str]:
    """Keys of those that are better than half of a wave at the first rung of a cascade, whether they went on or not."""
    screened = [a.screening for a in told if a.screening is not None]
    scores = {e.key: float(orient([e.score], maximize)[0]) for e in screened if e.score is not None}
    half = np.median(list(scores.values())) if scores else math.inf
    return frozenset(key for key, score in scores.items() if score > half)


class _Child(NamedTuple):
    graph: LossGraph
    changes: tuple[str, ...]
    step: Step = ()


def _is_sound(look: Look, parents: Sequence[Look]) -> bool:
    """Worth tracing, and no parent in other words."""
    return look.sound and not any(look.resembles(parent) for parent in parents if parent.sound)
