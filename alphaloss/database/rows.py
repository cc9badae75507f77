"""How records become rows of the tables in `alphaloss.database.schema`, and rows records."""

from __future__ import annotations

import json
import math
import sqlite3
import struct
from collections.abc import Mapping

from pydantic import Field, JsonValue

from alphaloss.database.schema import OUTCOMES
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.shape_card import ShapeCard
from alphaloss.records import (
    Candidate,
    Code,
    Duplicate,
    Failed,
    Outcome,
    Phase,
    Program,
    Record,
    Rejection,
    TestResult,
    Training,
)

Value = str | bytes | int | float | None
Row = dict[str, Value]


class Event(Record):
    """Something that happened to the run as a whole."""

    number: int = Field(description="grows with every event of the run")
    kind: str
    payload: Mapping[str, JsonValue]
    time: float = Field(description="wall clock, seconds since 1970; for display only")


class Entry(Record):
    """The outcome of one variation, and where in the run it happened."""

    wave: int
    position: int = Field(description="of the variation in its wave")
    attempt: int = Field(default=0, description="above 0 where the author was asked to mend a candidate")
    outcome: Outcome
    propose_ms: float = Field(description="milliseconds that the proposer took")
    gate_ms: float = Field(description="milliseconds that the gate took; 0 if nothing came to it")


def strict_json(value: object) -> str:
    """One line of JSON; a number that JSON does not have (NaN, infinity) is a `ValueError`."""
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def read_event(row: sqlite3.Row) -> Event:
    """The event of a row."""
    return Event(number=row["number"], kind=row["kind"], payload=json.loads(row["payload"]), time=row["time"])


def program_row(program: Program, name: str | None) -> Row:
    """A row of `programs`."""
    return {
        "key": program.key,
        "name": name,
        **_candidate_row(program.candidate),
        "canonical_source": program.source,
        "graph": program.graph.to_json(),
        "gradient_field": struct.pack(f"<{len(program.gradient_field)}d", *program.gradient_field),
        "gradient_scale": program.gradient_scale,
        "shape_card": program.card.model_dump_json(),
    }


def read_program(row: sqlite3.Row, candidate: Candidate | None = None) -> Program:
    """The program of a row; `candidate` takes the place of the one that it was first admitted as."""
    return Program(
        candidate=candidate or _read_candidate(row),
        graph=LossGraph.from_json(row["graph"]),
        source=row["canonical_source"],
        gradient_field=tuple(number for (number,) in struct.iter_unpack("<d", row["gradient_field"])),
        gradient_scale=row["gradient_scale"],
        card=ShapeCard.model_validate_json(row["shape_card"]),
    )


def entry_row(entry: Entry) -> Row:
    """A row of `outcomes`."""
    row: Row = {
        **dict.fromkeys(OUTCOMES.content),
        "wave": entry.wave,
        "position": entry.position,
        "attempt": entry.attempt,
        "propose_ms": entry.propose_ms,
        "gate_ms": entry.gate_ms,
    }
    outcome = entry.outcome
    match outcome:
        case Program():
            row |= {"kind": "program", "key": outcome.key, **_candidate_row(outcome.candidate)}
        case Duplicate():
            row |= {"kind": "duplicate", "key": outcome.of, **_candidate_row(outcome.candidate)}
        case Rejection():
            row |= {"kind": "rejection", "code": outcome.code, "line": outcome.line}
            row |= {"message": _storable(outcome.message), **_candidate_row(outcome.candidate)}
        case Failed():
            row |= {"kind": "failed", "operator": outcome.operator, "parents": strict_json(outcome.parents)}
            row |= {"details": strict_json(outcome.details)}
            row |= {"message": _storable(outcome.reason)}
    return row


def read_entry(row: sqlite3.Row) -> Entry:
    """The entry of a row of `outcomes` with the columns of its program."""
    return Entry(
        wave=row["wave"],
        position=row["position"],
        attempt=row["attempt"],
        outcome=_read_outcome(row),
        propose_ms=row["propose_ms"],
        gate_ms=row["gate_ms"],
    )


def training_row(training: Training, *, task: str, phase: Phase, place: int, measure: str) -> Row:
    """A row of `trainings`; points of the curve that are not finite become None.

    Raises:
        ValueError: a score, a metric or the loss, of validation or test, is NaN or infinite.
    """
    for what, value in (("score", training.score), ("loss", training.loss)):
        if value is not None and not math.isfinite(value):
            raise ValueError(f"a training's {what} is {value}; expected a finite number, or None for a failure.")
    curve = [value if value is not None and math.isfinite(value) else None for value in training.curve]
    return {
        "key": training.key,
        "task": task,
        "rung": training.rung,
        "seed": training.seed,
        "learning_rate_scale": training.learning_rate_scale,
        "measure": measure,
        "phase": phase,
        "place": place,
        "status": training.status,
        "score": training.score,
        "curve": strict_json(curve),
        "message": _storable(training.message),
        "test": strict_json(training.test.model_dump()) if training.test else None,
        "metrics": strict_json(training.metrics),
        "loss": training.loss,
        "steps": training.steps,
        "seconds": training.seconds,
    }


def read_training(row: sqlite3.Row) -> Training:
    """The training of a row."""
    return Training(
        key=row["key"],
        rung=row["rung"],
        seed=row["seed"],
        learning_rate_scale=row["learning_rate_scale"],
        status=row["status"],
        score=row["score"],
        curve=json.loads(row["curve"]),
        message=row["message"],
        metrics=json.loads(row["metrics"]),
        loss=row["loss"],
        test=TestResult(**json.loads(row["test"])) if row["test"] else None,
        seconds=row["seconds"],
        steps=row["steps"],
    )


def _candidate_row(candidate: Candidate) -> Row:
    return {
        "author_source": _storable(candidate.source),
        "operator": candidate.operator,
        "parents": strict_json(candidate.parents),
        "details": strict_json(candidate.details),
    }


def _read_candidate(row: sqlite3.Row) -> Candidate:
    return Candidate(
        source=row["author_source"],
        operator=row["operator"],
        parents=json.loads(row["parents"]),
        details=json.loads(row["details"]),
    )


def _read_outcome(row: sqlite3.Row) -> Outcome:
    kind = row["kind"]
    if kind == "failed":
        return Failed(
            operator=row["operator"],
            parents=json.loads(row["parents"]),
            reason=row["message"],
            details=json.loads(row["details"]),
        )
    candidate = _read_candidate(row)
    if kind == "rejection":
        return Rejection(candidate=candidate, code=Code(row["code"]), message=row["message"], line=row["line"])
    if kind == "duplicate":
        return Duplicate(candidate=candidate, of=row["key"])
    return read_program(row, candidate)


def _storable(text: str) -> str:
    """Text from an author or a library; half of a surrogate pair, which UTF-8 does not have, becomes its escape."""
    return text.encode(errors="backslashreplace").decode()
