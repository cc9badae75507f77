"""What a candidate must do before it may be trained with."""

from __future__ import annotations

from pydantic import Field

from alphaloss.config.section import Section


class GateSettings(Section):
    """What a candidate must do before it may be trained with. Measured margins: `docs/design/gate.md`."""

    class_counts: tuple[int, ...] = Field(
        (2, 10, 100, 1000),
        description="class counts, beside the task's, at which shape and finiteness are checked; a count is skipped "
        "where the loss picks more classes or exceeds `most_elements`",
    )
    output_counts: tuple[int, ...] = Field((1, 3), description="the same for the number of outputs of a regression")
    most_elements: int = Field(
        1_000_000,
        ge=1,
        description="numbers that a loss may keep for a sample until its gradient is computed, at the task's class "
        "count; with 4 bytes each and batches of 128, half a GiB",
    )
    most_cost: int = Field(
        2_000_000,
        ge=1,
        description="time that a loss may take for a sample, in additions of two numbers, at the task's class count; "
        "with 1 to 3 ns each and batches of 128, half a second a step",
    )
    smallest_gradient: float = Field(
        1e-8, gt=0, description="least gradient RMS at typical predictions, as a fraction of the reference's"
    )
    largest_gradient: float = Field(1e6, gt=0, description="most gradient RMS, as a multiple of the reference's")
    least_alignment: float = Field(
        0.3, description="least mean cosine of the gradients with the reference's, where a training begins"
    )
    learning_steps: int = Field(200, ge=1, description="steps of Adam on free predictions")
    learning_rate: float = Field(0.05, gt=0, description="its learning rate")
    learning_quality: float = Field(
        0.95, gt=0, le=1, description="what they must reach: an accuracy, or R squared for values"
    )
    useful: bool = Field(
        True,
        description="refuse losses that point the wrong way or cannot learn (checks 8 and 9); without it they are "
        "trained, which shows what a search then finds",
    )
    duplicate_distance: float = Field(
        1e-6, gt=0, description="losses whose gradient fields are nearer than this (cosine distance) are duplicates"
    )
