"""What a worker process and its controller say to each other: one JSON object a line.

The controller sends an `EvaluatorRef`, then any number of `TrainJob`s. The worker answers each with one reply, in
order: `Ready` to the first, `Trained` to a job, `Refused` to either.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from alphaloss.records import Training
from alphaloss.training.task import TaskInfo


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Ready(_Reply):
    """The evaluator is loaded, the model compiled."""

    reply: Literal["ready"] = "ready"
    info: TaskInfo
    epoch_seconds: float = Field(description="what an epoch takes with cross-entropy, in seconds")


class Trained(_Reply):
    """A job is done."""

    reply: Literal["trained"] = "trained"
    trainings: list[Training]


class Refused(_Reply):
    """The evaluator cannot be used, or not for this job; a worker that refuses its evaluator ends."""

    reply: Literal["refused"] = "refused"
    message: str


Reply = Ready | Trained | Refused
REPLY: TypeAdapter[Reply] = TypeAdapter(Annotated[Reply, Field(discriminator="reply")])
