"""Generation and variation of trees: DEAP's operators in a toolbox, with the limits of the settings.

As in Chou's thesis (NTUT 2025, algorithm 1), the crossover gives one child, in which a subtree of the second parent has
replaced one of the first, and the mutations leave the root. All draw from Python's global `random`, as DEAP does: call
them inside of `seeded`.
"""

from __future__ import annotations

import math
import operator
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from deap import base, gp

from alphaloss.config import TreeSettings
from alphaloss.gate import probes
from alphaloss.gate.gate import USUAL
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.numeric import evaluate
from alphaloss.losses.types import GraphError, Target
from alphaloss.proposers.draws import NotApplicableError, three_digits
from alphaloss.proposers.trees.from_graph import from_graph
from alphaloss.proposers.trees.primitives import LABELS, PREDICTIONS, make_primitives
from alphaloss.proposers.trees.to_graph import to_graph
from alphaloss.proposers.trees.tree import Node, Tree, is_number, number_leaf

_NEW_TRIES = 1_000
_CHANGE_TRIES = 40
_CONSTANT_STEP = 0.5  # standard deviation of a number's logarithm


@contextmanager
def seeded(rng: np.random.Generator) -> Iterator[None]:
    """Python's global random numbers, which DEAP draws, from another source; then as they were."""
    outer = random.getstate()
    random.seed(int(rng.integers(2**63)))
    try:
        yield
    finally:
        random.setstate(outer)


class TreeOperators:
    """All that can be done with the trees of a task.

    Args:
        settings: primitives, limits and choices.
        target: of the task.

    Attributes:
        primitives: what trees are made of.
    """

    def __init__(self, settings: TreeSettings, target: Target) -> None:
        self.settings = settings
        self.target = target
        self.primitives = make_primitives(settings, target, self._number)
        self._probe = probes.typical(USUAL[target])
        self._toolbox = base.Toolbox()
        self._toolbox.register("crossover", self._crossover)
        self._toolbox.register("subtree", self._subtree)
        self._toolbox.register("point", self._point)
        self._toolbox.register("constant", self._constant)
        for name in ("crossover", "subtree", "point", "constant"):
            for key, most in ((operator.attrgetter("height"), settings.most_height), (len, settings.most_nodes)):
                self._toolbox.decorate(name, gp.staticLimit(key, most))

    def new(self) -> Tree:
        """A newly generated valid tree, half of the time full and half grown (Koza's ramped half and half).

        Raises:
            NotApplicableError: a bounded number of tries gave none.
        """
        for _ in range(_NEW_TRIES):
            tree = self._grown(self.settings.least_height, self.settings.initial_height)
            if self.loss(tree) is not None:
                return tree
        raise NotApplicableError

    def crossover(self, receiver: Tree, donor: Tree) -> Tree:
        """The receiver with one of its subtrees replaced by one of the donor's; neither is a whole tree.

        Raises:
            NotApplicableError: no other tree within the limits was found.
        """
        return self._changed(self._toolbox.crossover, receiver, donor)

    def mutate(self, tree: Tree, mutation: str) -> Tree:
        """A tree after `subtree`, `point` or `constant`; see `TreeProposer`.

        Raises:
            NotApplicableError: no other tree within the limits was found.
        """
        return self._changed(getattr(self._toolbox, self.kind(tree, mutation)), tree)

    def kind(self, tree: Tree, mutation: str) -> str:
        """What `mutate` does: in a tree without numbers there is a point mutation instead of a `constant` one."""
        return "point" if mutation == "constant" and not any(map(is_number, tree)) else mutation

    def read(self, graph: LossGraph) -> Tree | None:
        """The tree that a loss graph is; None where it is none."""
        return from_graph(graph, self.primitives, self.settings.most_nodes)

    def loss(self, tree: Tree) -> LossGraph | None:
        """The loss of a valid tree, None for an invalid one.

        Valid trees are within the limits, depend on labels and predictions, and have a value in the range that the
        settings give.
        """
        settings = self.settings
        fits = len(tree) <= settings.most_nodes and settings.least_height <= tree.height <= settings.most_height
        if not fits or tree.names.isdisjoint(LABELS) or tree.names.isdisjoint(PREDICTIONS):
            return None
        try:
            graph = to_graph(tree, self.primitives, self.target, settings.reduction)
        except GraphError:
            return None
        return graph if self._is_in_range(graph) else None

    def _is_in_range(self, graph: LossGraph) -> bool:
        if self.settings.values is None:
            return True
        with np.errstate(all="ignore"):
            value = float(np.mean(evaluate(graph, self._probe)))
        least, most = self.settings.values
        return least <= value <= most  # false for NaN

    def _changed(self, operate: Callable[..., list[Tree]], tree: Tree, *others: Tree) -> Tree:
        """DEAP gives a parent back where a child exceeds a limit; that, and what changed nothing, is drawn again."""
        known = {str(t) for t in (tree, *others)}
        for _ in range(_CHANGE_TRIES):
            [child] = operate(Tree(tree), *(Tree(other) for other in others))
            if str(child) not in known:
                return child
        raise NotApplicableError

    def _grown(self, least: int, most: int) -> Tree:
        """Half and half; all leaves are drawn by the share of numbers that the settings give."""
        tree = Tree(gp.genHalfAndHalf(self.primitives.pset, least, most))
        for place, node in enumerate(tree):
            if node.arity == 0:
                tree[place] = self._leaf()
        return tree

    def _leaf(self) -> Node:
        if random.random() < self.settings.constant_share:
            return self.primitives.number()
        return random.choice(self.primitives.leaves)

    def _number(self) -> float:
        scale = self.settings.constant_scale
        uniform = self.settings.constants == "uniform"
        return three_digits(random.uniform(-scale, scale) if uniform else random.gauss(0.0, scale))

    def _crossover(self, receiver: Tree, donor: Tree) -> tuple[Tree]:
        child, _ = gp.cxOnePoint(receiver, donor)
        return (child,)

    def _subtree(self, tree: Tree) -> tuple[Tree]:
        place = random.randrange(1, len(tree))
        tree[tree.searchSubtree(place)] = self._grown(0, self.settings.subtree_height)
        return (tree,)

    def _point(self, tree: Tree) -> tuple[Tree]:
        """A node becomes an operator: what it had below stays below as far as there is room, new leaves fill up."""
        place = random.randrange(1, len(tree))
        whole = tree.searchSubtree(place)
        children = tree.children(place) or [[tree[place]]]
        node = random.choice(self.primitives.point)
        kept = sorted(random.sample(range(len(children)), min(len(children), node.arity)))
        filled = [children[i] for i in kept] + [[self._leaf()] for _ in range(node.arity - len(kept))]
        tree[whole] = [node, *(leaf for child in filled for leaf in child)]
        return (tree,)

    def _constant(self, tree: Tree) -> tuple[Tree]:
        """A number is multiplied by a factor near 1."""
        place = random.choice([place for place, node in enumerate(tree) if is_number(node)])
        factor = math.exp(random.gauss(0.0, _CONSTANT_STEP))
        tree[place] = number_leaf(three_digits(factor * tree[place].value))
        return (tree,)
