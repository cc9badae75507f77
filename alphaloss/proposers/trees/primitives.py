"""Primitive sets: the operators and leaves that trees are made of, as DEAP's `PrimitiveSet`.

They are untyped. A value is a row of one number a class, a column of one number a sample (`mean`, p_t), or a number,
and all operators broadcast: any tree is a loss. A type for conditions would have no leaves, so that generation would
fail wherever a tree must end; `if_greater(a, b, c, d)` holds its comparison instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from deap import gp

from alphaloss.config import TreeSettings
from alphaloss.losses.types import Target
from alphaloss.proposers.trees.meanings import PLAIN, PROTECTED

_ARITIES: Mapping[str, int] = {
    **dict.fromkeys(PLAIN, 1),
    **dict.fromkeys(("add", "subtract", "multiply", "divide"), 2),
    "if_greater": 4,
}

_THESIS = ("add", "subtract", "multiply", "negative", "sqrt", "log", "exp", "sin", "cos")
_SKETCH = (
    *("add", "subtract", "multiply", "divide", "square", "abs", "log1p_abs", "sin", "tanh", "exp"),
    *("if_greater", "mean"),
)
_OPERATORS: Mapping[str, tuple[str, ...]] = {
    "thesis": _THESIS,
    "sketch": _SKETCH,
    "extended": tuple(dict.fromkeys((*_THESIS, *_SKETCH))),
}
"""Those of which trees are generated. The thesis (T.-Y. Chou, NTUT 2025, algorithm 1) has no division among them."""

_ONLY_BY_POINT: Mapping[str, tuple[str, ...]] = {"thesis": ("divide",), "sketch": (), "extended": ()}
"""Operators that only a one-point mutation brings in: the thesis lists division there."""

PER_SAMPLE = frozenset(("p_true", "log_p_true"))
"""Leaves with one number a sample: the probability of the true class and its logarithm."""
LABELS = PER_SAMPLE | {"y_true"}
PREDICTIONS = PER_SAMPLE | {"p", "y_pred"}
"""Leaves that depend on labels and on predictions: a tree has one of each, or one that is both."""


class Primitives(NamedTuple):
    """What trees are made of.

    Attributes:
        pset: generates trees. Its mapping also knows what only a point mutation brings in; its context says what an
            operator writes into a graph (see `meanings`).
        leaves: those that are no numbers.
        number: the leaf that draws one.
        point: operators of one-point mutation.
    """

    pset: gp.PrimitiveSet
    leaves: tuple[gp.Terminal, ...]
    number: Callable[[], gp.Terminal]
    point: tuple[gp.Primitive, ...]


def make_primitives(settings: TreeSettings, target: Target, draw: Callable[[], float]) -> Primitives:
    """The primitive set that the settings name.

    Args:
        settings: name it.
        target: of the task; a regression has no probabilities.
        draw: a new number.
    """
    leaves = _leaves(settings, target)
    pset = gp.PrimitiveSet(settings.primitives, len(leaves))
    pset.renameArguments(**dict(zip(list(pset.arguments), leaves, strict=True)))
    pset.addEphemeralConstant("number", draw)
    meanings = PROTECTED if settings.protected else PLAIN
    for name in _OPERATORS[settings.primitives]:
        pset.addPrimitive(meanings[name], _ARITIES[name], name=name)
    for name in _ONLY_BY_POINT[settings.primitives]:
        pset.mapping[name] = gp.Primitive(name, [object] * _ARITIES[name], object)
        pset.context[name] = meanings[name]
    names = (*_OPERATORS[settings.primitives], *_ONLY_BY_POINT[settings.primitives])
    return Primitives(
        pset=pset,
        leaves=tuple(pset.mapping[leaf] for leaf in leaves),
        number=pset.mapping["number"],
        point=tuple(pset.mapping[name] for name in names),
    )


def _leaves(settings: TreeSettings, target: Target) -> tuple[str, ...]:
    if target == "values":
        return ("y_true", "y_pred")
    more = ("p_true", "log_p_true", "y_pred") if settings.primitives == "extended" else ()
    return ("y_true", "p", *more)
