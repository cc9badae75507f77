"""Why a candidate has no trace."""

from dataclasses import dataclass
from enum import StrEnum


class FailureCode(StrEnum):
    """The kinds of failure. Each is the candidate's; what is the machine's raises `SandboxError`."""

    ERROR = "TRACE_ERROR"
    """The candidate raised an exception, or is not valid source."""
    FUEL = "TRACE_FUEL"
    """It computes for too long: a loop without an end, or a very large number."""
    MEMORY = "TRACE_MEMORY"
    """It uses too much memory, or calls itself too deeply."""
    SIZE = "TRACE_SIZE"
    """Its source, its trace, its operations or its output are too many."""
    STATEFUL = "TRACE_STATEFUL"
    """Two equal calls of `loss` did different things."""
    CLASS_COUNT = "TRACE_CLASS_COUNT"
    """The recorded operations depend on the number of classes."""
    PROTOCOL = "TRACE_PROTOCOL"
    """The guest sent no result, a second one, or one that is malformed."""
    TIME = "TRACE_TIME"
    """It passed the wall-clock deadline."""
    CRASH = "TRACE_CRASH"
    """The guest, or the process that hosts it, broke down."""


@dataclass(frozen=True, slots=True)
class TraceFailure:
    """Why a candidate was not traced, in words that help its author to mend it.

    Attributes:
        code: The kind of failure.
        message: What happened, what was expected, and what to write instead. One line without control characters.
        line: The line of the candidate, counted from 1, where it is known.
        call: The index of the first recorded call in which two traces differ, where that is the fault.
    """

    code: FailureCode
    message: str
    line: int | None = None
    call: int | None = None


class SandboxError(RuntimeError):
    """The sandbox itself cannot work: the artefact is missing or altered, or the hosting process does not start."""
