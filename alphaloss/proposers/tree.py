"""The tree proposer: tree genetic programming (Koza, "Genetic Programming", 1992) for any algorithm."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from alphaloss.config import TreeSettings
from alphaloss.losses.source import print_source
from alphaloss.losses.types import Target
from alphaloss.proposers.context import Context
from alphaloss.proposers.draws import NotApplicableError
from alphaloss.proposers.proposal import Made
from alphaloss.proposers.trees.operators import TreeOperators, seeded
from alphaloss.proposers.trees.tree import Tree
from alphaloss.records import Candidate, Failed, Program, Told, Variation
from alphaloss.scores import Scores

_RETRIES = 40


class TreeProposer:
    """Generates, crosses and mutates expression trees, and prints them as candidate files.

    It learns nothing and never comes to an end. A candidate keeps its tree as text in `details["tree"]`; a parent
    without one is read from its graph, and where that is no tree of these primitives a newly generated one stands in:
    the child is called, for example, `mutate.new+point`, and has no such parent. A child that is invalid, or was
    refused before, is replaced as `TreeSettings.invalid` says; a newly generated one in its place is called, for
    example, `crossover.new`, and has no parents.

    Args:
        settings: primitives, limits and choices.
        target: of the task.
    """

    def __init__(self, settings: TreeSettings, target: Target = "classes") -> None:
        self.settings = settings
        self.operators = TreeOperators(settings, target)

    end: None = None
    use: None = None

    def begin(self, variation: Variation, context: Context) -> Made:
        """One candidate; or none, if no valid tree was found in a bounded number of tries.

        Args:
            variation: `init` and `random` are newly generated, a `crossover` with one parent has a newly generated
                second one, `refine` moves a number, and `mutate` without mutations goes through one that is drawn.
            context: only its random numbers are used, and whether there were failures.
        """
        with seeded(context.rng):
            try:
                child = self._make(variation, refused=bool(context.failures))
            except NotApplicableError:
                reason = "no valid tree was found: the range `tree.values` may be too narrow, or a limit too low"
                keys = tuple(parent.key for parent in variation.parents)
                return Made(Failed(operator=variation.operator, parents=keys, reason=reason))
        graph = self.operators.loss(child.tree)
        assert graph is not None
        candidate = Candidate(
            source=print_source(graph),
            operator=".".join(filter(None, (variation.operator, "+".join(child.changes)))),
            parents=tuple(parent.key for parent in child.parents),
            details={"tree": str(child.tree)},
        )
        return Made([candidate])

    def learn(self, told: Sequence[Told], scores: Scores) -> None:
        """Nothing: what it proposes depends on the variation and the random numbers alone."""

    def _make(self, variation: Variation, *, refused: bool) -> _Child:
        if variation.operator in ("init", "random"):
            return _Child(self.operators.new(), ("tree",), ())
        if self.settings.invalid == "new":
            if not refused:
                with suppress(NotApplicableError):
                    return self._valid(self._vary(variation))
            return _Child(self.operators.new(), ("new",), ())
        for _ in range(_RETRIES):
            with suppress(NotApplicableError):
                return self._valid(self._vary(variation))
        raise NotApplicableError

    def _vary(self, variation: Variation) -> _Child:
        """Crosses and mutates, valid or not."""
        read = [self._tree(parent) for parent in variation.parents]
        trees = [self.operators.new() if tree is None else tree for tree in read]
        parents = tuple(parent for parent, tree in zip(variation.parents, read, strict=True) if tree is not None)
        changes = ["new"] if len(parents) < len(trees) else []
        tree, mutations = trees[0], variation.mutations
        if variation.operator == "crossover":
            tree = self.operators.crossover(tree, trees[1] if len(trees) > 1 else self.operators.new())
        elif variation.operator == "refine":
            mutations = ("constant",)
        elif not mutations:
            mutations = (random.choice(self.settings.mutate),)
        for mutation in mutations:
            changes.append(self.operators.kind(tree, mutation))
            tree = self.operators.mutate(tree, mutation)
        return _Child(tree, tuple(changes), parents)

    def _valid(self, child: _Child) -> _Child:
        """The child.

        Raises:
            NotApplicableError: it is invalid.
        """
        if self.operators.loss(child.tree) is None:
            raise NotApplicableError
        return child

    def _tree(self, program: Program) -> Tree | None:
        """What it was printed from, or is read as; None where it is no tree of these primitives."""
        text, pset = program.candidate.details.get("tree"), self.operators.primitives.pset
        if isinstance(text, str):
            with suppress(ValueError):  # it may be of another primitive set
                return Tree.from_string(text, pset)
        return self.operators.read(program.graph)


class _Child(NamedTuple):
    tree: Tree
    changes: tuple[str, ...]
    parents: tuple[Program, ...]
