"""How waves are written: what is begun when, and in which order it is gated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from factories import make_programs

from alphaloss.config import Settings
from alphaloss.database import Database
from alphaloss.drafts import Drafts
from alphaloss.progress import Progress
from alphaloss.proposers import Context
from alphaloss.records import Candidate, Code, Failed, Outcome, Program, Rejection, Variation

PROGRAMS = make_programs(40)


@dataclass
class Diary:
    """A proposer and a gate that write down what they are asked; only the gate knows which candidate is good."""

    refusals: dict[int, int]  # how many candidates of a position are refused
    lines: list[str] = field(default_factory=list)
    alike: list[int] = field(default_factory=list)
    end: None = None
    use: None = None
    known: None = None

    def begin(self, variation: Variation, context: Context) -> _Proposal:
        name = f"{context.wave}.{context.position}.{len(context.failures)}"
        self.lines.append(f"begin {name}")
        self.alike.append(context.alike)
        return _Proposal(name, self.lines)

    def learn(self, *_: object) -> None:
        raise AssertionError("drafts tell nothing")

    def best(self, count: int) -> list[Program]:
        return PROGRAMS[:count]

    def admit(self, candidate: Candidate) -> Outcome:
        self.lines.append(f"gate {candidate.source}")
        _, position, attempt = map(int, candidate.source.split("."))
        if attempt < self.refusals.get(position, 0):
            return Rejection(candidate=candidate, code=Code.TRACE, message="no")
        return PROGRAMS[position].model_copy(update={"candidate": candidate})


@dataclass
class _Proposal:
    name: str
    lines: list[str]

    def candidates(self) -> list[Candidate] | Failed:
        self.lines.append(f"wait {self.name}")
        return [Candidate(source=self.name, operator="mutate")]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.create(tmp_path / "run.sqlite") as made:
        yield made


def drafts(diary: Diary, database: Database, settings: Settings) -> Drafts:
    return Drafts(
        settings,
        algorithm=diary,
        proposer=diary,
        gate=diary,
        database=database,
        progress=Progress(),  # type: ignore[arg-type]
    )


WAVE = (Variation(operator="mutate", parents=(PROGRAMS[0],)),) * 3


def test_a_proposer_that_runs_ahead_is_waited_for_once_a_round(database: Database):
    diary = Diary({0: 1, 2: 2})
    made = drafts(diary, database, Settings(proposer="llm"))
    draft = made.begin(0, WAVE)
    assert diary.lines == ["begin 0.0.0", "begin 0.1.0", "begin 0.2.0"]
    made.begin(1, WAVE)  # another, before the first is waited for
    diary.lines.clear()
    outcomes = made.finish(draft)
    assert diary.lines == [
        *("wait 0.0.0", "gate 0.0.0", "wait 0.1.0", "gate 0.1.0", "wait 0.2.0", "gate 0.2.0"),
        *("begin 0.0.1", "begin 0.2.1", "wait 0.0.1", "gate 0.0.1", "wait 0.2.1", "gate 0.2.1"),
        *("begin 0.2.2", "wait 0.2.2", "gate 0.2.2"),
    ]
    assert [type(outcome) for outcome in outcomes] == [Program] * 3
    assert made.programs == 3


def test_a_proposer_is_told_how_many_ask_for_the_same(database: Database):
    diary = Diary({0: 1})
    made = drafts(diary, database, Settings(proposer="llm"))
    same = Variation(operator="mutate", parents=(PROGRAMS[0],), island=1)
    crossed = Variation(operator="crossover", parents=(PROGRAMS[0], PROGRAMS[1]))
    made.finish(made.begin(0, (WAVE[0], crossed, same, WAVE[0])))
    assert diary.alike == [3, 1, 2, 1, 1]  # the last is a second attempt


def test_a_wave_that_was_advanced_is_finished_without_waiting_for_the_same_again(database: Database):
    diary = Diary({0: 1, 2: 2})
    made = drafts(diary, database, Settings(proposer="llm"))
    draft = made.begin(0, WAVE)
    made.advance(draft)
    assert diary.lines[-2:] == ["begin 0.0.1", "begin 0.2.1"]
    diary.lines.clear()
    made.finish(draft)
    assert [line for line in diary.lines if line.startswith("gate")] == ["gate 0.0.1", "gate 0.2.1", "gate 0.2.2"]


def test_any_other_is_done_with_one_variation_before_the_next(database: Database):
    diary = Diary({0: 1})
    made = drafts(diary, database, Settings())
    draft = made.begin(0, WAVE)
    assert diary.lines == []
    made.finish(draft)
    assert [line for line in diary.lines if not line.startswith("wait")] == [
        *("begin 0.0.0", "gate 0.0.0", "begin 0.0.1", "gate 0.0.1"),
        *("begin 0.1.0", "gate 0.1.0", "begin 0.2.0", "gate 0.2.0"),
    ]


@pytest.mark.parametrize("proposer", ["offline", "llm"])
def test_what_becomes_of_a_variation_is_the_same_either_way(database: Database, proposer: str):
    made = drafts(Diary({1: 3, 2: 99}), database, Settings.model_validate({"proposer": proposer}))
    outcomes = made.finish(made.begin(0, WAVE))
    assert [type(outcome) for outcome in outcomes] == [Program, Program, Rejection]
    counts = [sum(entry.position == position for entry in database.entries()) for position in range(3)]
    assert counts == [1, 4, 8]
