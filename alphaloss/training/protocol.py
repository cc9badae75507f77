"""What a worker process and its controller say to each other: one JSON object a line.

The controller sends a `Start`, then any number of `TrainJob`s. The worker answers each with one reply, in order:
`Ready` to the first, `Trained` to a job, `Refused` to either.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from alphaloss.records import Training
from alphaloss.training.locate import EvaluatorRef
from alphaloss.training.task import TaskInfo


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Start(_Message):
    """What to load, and how TensorFlow is to run."""

    evaluator: EvaluatorRef
    threads: int = Field(1, ge=1, description="processor threads of one operation")
    deterministic: bool = Field(True, description="let every operation give the same bits each time")


class Ready(_Message):
    """The evaluator is loaded, the model compiled."""

    reply: Literal["ready"] = "ready"
    info: TaskInfo
    epoch_seconds: float = Field(description="what an epoch of the last rung takes with the reference, in seconds")
    gpus: int = Field(description="that TensorFlow sees in the worker")


class Trained(_Message):
    """A job is done."""

    reply: Literal["trained"] = "trained"
    trainings: list[Training]


class Refused(_Message):
    """The evaluator cannot be used, or not for this job; a worker that refuses its evaluator ends."""

    reply: Literal["refused"] = "refused"
    message: str


Reply = Ready | Trained | Refused
REPLY: TypeAdapter[Reply] = TypeAdapter(Annotated[Reply, Field(discriminator="reply")])
