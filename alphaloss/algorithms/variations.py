"""What an algorithm asks for: an operator, and parents that the algorithm chooses."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import partial

from deap import tools

from alphaloss.algorithms.base import Individual
from alphaloss.config import VariationSettings
from alphaloss.records import Mutation, Program, Variation

Choice = Callable[[Sequence[Individual]], Individual]
"""From members, at least one, to a parent."""


def tournament(size: int) -> Choice:
    """The choice of the fittest of `size` members that are drawn with replacement."""
    select = partial(tools.selTournament, k=1, tournsize=size)
    return lambda members: select(members)[0]


def vary(
    settings: VariationSettings, members: Sequence[Individual], choose: Choice, exploit: Choice, island: int = 0
) -> Variation:
    """Draws a variation.

    A loss without constants cannot be refined, and a single member has nobody to cross with: they are mutated. Without
    members there is only `random`.

    Args:
        settings: the shares of the operators; the rest is `mutate`.
        members: who can be a parent.
        choose: picks parents.
        exploit: picks the parents of `refine`, which is worth while for good losses only.
        island: where the answer belongs.
    """
    operators = ("random", "refine", "crossover", "mutate")
    shares = (settings.random, settings.refine, settings.crossover)
    (operator,) = random.choices(operators, (*shares, max(0.0, 1.0 - sum(shares))))
    if operator == "random" or not members:
        return Variation(operator="random", island=island)
    first = (exploit if operator == "refine" else choose)(members)
    if operator == "crossover" and len(members) > 1:
        second = choose([member for member in members if member is not first])
        return Variation(operator="crossover", parents=(first.program, second.program), island=island)
    if operator == "refine" and has_constants(first.program):
        return Variation(operator="refine", parents=(first.program,), island=island)
    return Variation(operator="mutate", parents=(first.program,), island=island)


def cross(receiver: Individual, partner: Individual | None, mutations: Sequence[Mutation] = ()) -> Variation:
    """A crossover.

    Args:
        receiver: of a part of the partner.
        partner: None is one that is newly generated.
        mutations: of the child, afterwards.
    """
    parents = (receiver.program,) if partner is None else (receiver.program, partner.program)
    return Variation(operator="crossover", parents=parents, mutations=tuple(mutations))


def tree_mutations(subtree: float, point: float) -> tuple[Mutation, ...]:
    """Draws which of two mutations a child goes through.

    Args:
        subtree, point: their probabilities.
    """
    drawn: list[Mutation] = []
    if random.random() < subtree:
        drawn.append("subtree")
    if random.random() < point:
        drawn.append("point")
    return tuple(drawn)


def has_constants(program: Program) -> bool:
    """Whether there is a number in a loss that could be another one; a small one that guards a logarithm could, too."""
    return any(node.op == "constant" for node in program.graph.nodes)
