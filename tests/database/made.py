"""Programs and trainings for tests of the database."""

from __future__ import annotations

from alphaloss.database import Database, Entry
from alphaloss.losses.graph import LossGraph, Node
from alphaloss.losses.shape_card import shape_card
from alphaloss.records import Candidate, Failed, Phase, Program, Status, Training

TASK, RUNG = "digits-noisy", "full"


def make_program(factor: float = 1.0, source: str = "def loss(y_true, y_pred): ...") -> Program:
    """A program whose loss is `factor * sum(y_true * y_pred)`: another key for each factor."""
    nodes = (
        Node(op="constant", kwargs={"value": factor}),
        Node(op="multiply", args=(0, 1)),
        Node(op="sum", args=(3,), kwargs={"axis": -1}),
        Node(op="multiply", args=(2, 4)),
    )
    graph = LossGraph(inputs=("y_true", "y_pred"), nodes=nodes, output=5)
    return Program(
        candidate=Candidate(source=source, operator="mutate.scale", parents=("a" * 64,)),
        graph=graph,
        source=f"# canonical, {factor}",
        gradient_field=(0.1, -0.0, 1 / 3, 5e-324),
        gradient_scale=factor,
        card=shape_card(graph, width=10),
    )


def make_training(key: str, seed: int = 1, score: float | None = 0.5, seconds: float = 1.5) -> Training:
    status = Status.OK if score is not None else Status.DIVERGED
    return Training(key=key, rung=RUNG, seed=seed, status=status, score=score, curve=(), seconds=seconds, steps=210)


def record_training(db: Database, training: Training, place: int = 0, phase: Phase = Phase.SEARCH) -> None:
    db.record_training(training, task=TASK, phase=phase, place=place)


def fill(db: Database, *, backwards: bool = False, milliseconds: float = 1.0) -> None:
    """Records two programs, three outcomes and four trainings."""
    programs = [make_program(1.0), make_program(2.0)]
    entries = [
        Entry(wave=0, position=position, outcome=outcome, propose_ms=milliseconds, gate_ms=milliseconds)
        for position, outcome in enumerate([*programs, Failed(operator="mutate", reason="no reply")])
    ]
    trainings = [
        (place, make_training(program.key, seed=place, seconds=milliseconds))
        for program in programs
        for place in range(2)
    ]
    for entry in reversed(entries) if backwards else entries:
        db.record_entry(entry)
    for place, training in reversed(trainings) if backwards else trainings:
        record_training(db, training, place=place)
