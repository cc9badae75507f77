"""The task, and how the three phases of a run go about it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from alphaloss.config.section import Section


class EvaluatorSettings(Section):
    """The task."""

    name: str = Field("digits-noisy", description="an evaluator that ships with alphaloss, or a path to a .py file")
    options: dict[str, bool | int | float | str] = Field(
        default_factory=dict, description="keywords for the evaluator's `task(...)` function"
    )


class SearchSettings(Section):
    """How long the search goes on, and in which steps."""

    evaluations: int = Field(
        120,
        ge=0,
        description="programs that are trained, at whatever rung, each repeated training of one counted again; the "
        "references, selection and verdict come on top",
    )
    trainings: int | None = Field(
        None,
        ge=1,
        description="also stop asking when so many trainings were begun, at all rungs and with repeats; those of the "
        "last waves may go beyond it where there are several rungs or several seeds",
    )
    minutes: float | None = Field(
        None, gt=0, description="also stop asking after this time; makes a run depend on the clock"
    )
    training_seconds: float | None = Field(
        None, gt=0, description="also stop asking when trainings took this long in all; depends on the clock too"
    )
    patience: int | None = Field(
        None, ge=1, description="also stop asking after this many evaluations in a row that brought no better best"
    )
    wave: int = Field(4, ge=1, description="variations that are asked for at once; see `cascade.wave`, too")
    lag: int = Field(1, ge=0, description="waves that may be in training when the next is asked for")
    attempts: int = Field(8, ge=1, description="candidates tried for a variation until the gate admits one")
    dead_waves: int = Field(
        5, ge=1, description="the search stops when as many variations in a row as these waves have gave no score"
    )
    seeds: int | None = Field(
        None, ge=1, description="trainings that a new program gets at the full rung; None takes the rung's own `seeds`"
    )
    most_seeds: int = Field(3, ge=1, description="trainings that a program may have; the promising are repeated")
    stop_hopeless: bool = Field(
        True,
        description="end a new program's training after a third of its epochs where it does no better than guessing, "
        "without a score; false trains every program to the end",
    )
    reference_seeds: int = Field(
        3,
        ge=1,
        description="trainings of each reference and start loss: they tell the noise, and how hard a seed is; 1 "
        "tells neither",
    )


class CascadeSettings(Section):
    """Who goes on to a dearer rung, where the task has several."""

    use: bool = Field(True, description="train at the cheaper rungs first; false trains at the full rung only")
    keep: float = Field(
        1 / 3, gt=0, le=1, description="best share of a wave's programs at a rung that goes on to the next, rounded up"
    )
    late: float = Field(
        0.1, ge=0, le=1, description="probability with which each of the others goes on: some losses begin slowly"
    )
    wave: int | None = Field(
        None,
        ge=2,
        description="variations that are asked for at once; None: 3 times `search.wave`, so that with two rungs as "
        "many of them are trained at the full rung as of a wave without cheaper ones",
    )


class SelectionSettings(Section):
    """The second phase: who is compared with the reference on fresh seeds, on validation data."""

    programs: int = Field(4, ge=1, description="best programs of the search")
    zoo: int = Field(3, ge=1, description="best losses of the zoo")
    seeds: int = Field(8, ge=2, description="new seeds for each")
    confidence: float = Field(
        0.9, gt=0.5, lt=1, description="the champion has the largest one-sided lower bound of this confidence"
    )
    distinct: float = Field(
        1e-3, ge=0, description="cosine distance of gradient fields below which the worse of two programs is left out"
    )
    learning_rates: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        (0.0625, 0.125, 0.25, 0.5, 2.0),
        description="factors on the learning rate, beside 1, that are tried with the reference; the verdict compares "
        "with the best",
    )

    @field_validator("learning_rates")
    @classmethod
    def _differ(cls, rates: tuple[float, ...]) -> tuple[float, ...]:
        if 1.0 in rates or len(set(rates)) < len(rates):
            raise PydanticCustomError("rates", "factors must differ, and 1 is tried anyway: leave it out")
        return rates


class VerdictSettings(Section):
    """The third phase: the champion against the references, on test data that nothing has seen."""

    seeds: int = Field(10, ge=2, description="new seeds for each loss")
    confidence: float = Field(0.95, gt=0.5, lt=1, description="of the intervals")
