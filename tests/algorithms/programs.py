"""Programs with any shape card and gradient field, and their trainings."""

from __future__ import annotations

from functools import lru_cache

from factories import make_program
from losses.graphs import cross_entropy

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.graph import LossGraph
from alphaloss.records import Evaluation, Phase, Program, Status, Training

START = make_program(cross_entropy())


def make(
    number: int,
    *,
    size: int = 6,
    minimiser: float = 1.0,
    hardness: float = 9.0,
    bounded: bool = False,
    field: tuple[float, ...] | None = None,
) -> Program:
    """A program; different numbers are different losses, with gradient fields at right angles if none is given.

    Args:
        number: from 0.
        size: operations, at least 5.
        minimiser, hardness, bounded: of its shape card.
        field: its gradient field.
    """
    card = START.card.model_copy(update={"minimiser": minimiser, "hardness": hardness, "bounded": bounded})
    field = tuple(float(i == number) for i in range(100)) if field is None else field
    return START.model_copy(update={"graph": _graph(number, size), "gradient_field": field, "card": card})


def make_evaluation(key: str, *scores: float | None, first: int = 0) -> Evaluation:
    """An evaluation of the search phase with these scores, on seeds `first`, `first + 1`, ..."""
    trainings = tuple(
        Training(
            key=key,
            rung="full",
            seed=seed,
            status=Status.OK if score is not None else Status.DIVERGED,
            score=score,
            curve=(score,),
            seconds=0.5,
            steps=10,
        )
        for seed, score in enumerate(scores, first)
    )
    return Evaluation(key=key, phase=Phase.SEARCH, rung="full", trainings=trainings)


@lru_cache(maxsize=1_000)
def _graph(number: int, size: int) -> LossGraph:
    """Cross-entropy of logits that a number is added to, wrapped until it has its size."""
    b = GraphBuilder()
    logits = b.add("multiply", b.input("y_pred"), b.constant(2.0 + number))
    value = b.add("sum", b.add("multiply", b.input("y_true"), b.add("log_softmax", logits, axis=-1)), axis=-1)
    for _ in range(size - 4):
        value = b.add("tanh", value)
    return b.graph(value)
