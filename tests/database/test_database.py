import math
import sqlite3
import tempfile
from pathlib import Path

import pytest
from database.made import RUNG, TASK, fill, make_program, make_training, record_training
from hypothesis import given, settings
from hypothesis import strategies as st

from alphaloss import records  # its `TestResult`, under its own name, looks like a test case to pytest
from alphaloss.database import Database, Entry
from alphaloss.errors import InfrastructureError, UsageError
from alphaloss.records import (
    Candidate,
    Code,
    Duplicate,
    Failed,
    Phase,
    Program,
    Rejection,
    Status,
    Training,
)

# Values in are values out

texts = st.text(st.characters(exclude_categories=["Cs"]))
floats = st.floats(allow_nan=False, allow_infinity=False)
times = st.floats(0, 1e6)
keys = st.text("0123456789abcdef", min_size=64, max_size=64)
candidates = st.builds(Candidate, source=texts, operator=texts, parents=st.lists(keys, max_size=3).map(tuple))
programs = st.builds(
    lambda factor, **fields: make_program(factor).model_copy(update=fields),
    st.floats(-1e6, 1e6),
    candidate=candidates,
    source=texts,
    gradient_field=st.lists(floats).map(tuple),
    gradient_scale=floats,
)
rejections = st.builds(
    Rejection, candidate=candidates, code=st.sampled_from(Code), message=texts, line=st.none() | st.integers(1, 10**6)
)
failures = st.builds(Failed, operator=texts, parents=st.lists(keys, max_size=3).map(tuple), reason=texts)


def program_key(outcome):
    """Of equal programs only the first is kept, so a generated list holds no two of one key."""
    return outcome.key if isinstance(outcome, Program) else repr(outcome)


@settings(deadline=None, max_examples=30)  # every recording is a real write, and its pace is not tested
@given(st.lists(programs | rejections | failures, max_size=4, unique_by=program_key), times, times)
def test_outcomes_are_read_back_as_they_were_recorded(outcomes, propose_ms, gate_ms):
    entries = [
        Entry(wave=n // 2, position=n % 2, outcome=outcome, propose_ms=propose_ms, gate_ms=gate_ms)
        for n, outcome in enumerate(outcomes)
    ]
    with tempfile.TemporaryDirectory() as folder, Database.create(Path(folder) / "run.sqlite") as db:
        for entry in entries:
            db.record_entry(entry)
        assert list(db.entries()) == entries


test_results = st.builds(
    records.TestResult,
    score=floats,
    samples=st.lists(floats).map(tuple),
    early_epoch=st.integers(0, 1000),
    early_score=floats,
    early_samples=st.lists(floats).map(tuple),
)
trainings = st.builds(
    Training,
    key=st.just(make_program().key),
    rung=texts,
    seed=st.integers(0, 2**63 - 1),
    learning_rate_scale=st.floats(0.1, 10),
    status=st.just(Status.OK),
    score=st.none() | floats,
    curve=st.lists(st.none() | floats).map(tuple),
    message=texts,
    test=st.none() | test_results,
    seconds=times,
    steps=st.integers(0, 10**9),
)


@settings(deadline=None, max_examples=30)
@given(trainings, st.sampled_from(Phase))
def test_a_training_is_read_back_as_it_was_recorded(training, phase):
    with tempfile.TemporaryDirectory() as folder, Database.create(Path(folder) / "run.sqlite") as db:
        db.record_program(make_program())
        db.record_training(training, task=TASK, phase=phase, place=0)
        [evaluation] = db.evaluations(TASK, phase, training.rung)
        assert evaluation.trainings == (training,)
        assert evaluation.phase == phase


def test_a_duplicate_is_read_back_and_names_a_stored_program(db):
    program = make_program()
    entry = Entry(
        wave=0,
        position=1,
        attempt=2,
        outcome=Duplicate(candidate=program.candidate, of=program.key),
        propose_ms=1,
        gate_ms=2,
    )
    with pytest.raises(sqlite3.IntegrityError):
        db.record_entry(entry)
    db.record_program(program)
    db.record_entry(entry)
    assert list(db.entries()) == [entry]


def test_a_text_that_utf8_cannot_hold_is_stored_with_escapes(db):
    candidate = Candidate(source="s = '\ud800'", operator="llm")
    rejection = Rejection(candidate=candidate, code=Code.SOURCE, message="not valid Python")
    db.record_entry(Entry(wave=0, position=0, outcome=rejection, propose_ms=0, gate_ms=0))
    [entry] = db.entries()
    assert entry.outcome.candidate.source == r"s = '\ud800'"


def test_events_are_kept_in_order_and_counted(db):
    payload = {"seed": 3, "config": {"rate": 0.1, "name": "ü\ud800"}, "list": [None, True]}
    db.event("run_started", payload)
    db.event("test_opened", {"by": "verdict"})
    db.event("test_opened", {"by": "report"})
    [started] = db.events("run_started")
    assert started.payload == payload
    assert [event.payload["by"] for event in db.events("test_opened")] == ["verdict", "report"]
    assert db.count_events("test_opened") == 2
    assert db.count_events("run_finished") == 0


def test_an_event_holds_no_nan(db):
    with pytest.raises(ValueError, match="JSON"):
        db.event("logbook", {"mean": math.nan})


# Scores


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_not_finite_is_refused(db, score):
    program = make_program()
    db.record_program(program)
    with pytest.raises(ValueError, match="finite number"):
        make_training(program.key, score=score)
    # Copies are not validated: the database looks for itself.
    with pytest.raises(ValueError, match="expected a finite number"):
        record_training(db, make_training(program.key).model_copy(update={"score": score}))
    test = records.TestResult(score=0.0, samples=(), early_epoch=0, early_score=0.0, early_samples=())
    with pytest.raises(ValueError, match="JSON"):
        record_training(
            db, make_training(program.key).model_copy(update={"test": test.model_copy(update={"score": score})})
        )
    assert db.training_counts() == {}


def test_a_failed_training_has_no_score(db):
    program = make_program()
    db.record_program(program)
    with pytest.raises(sqlite3.IntegrityError):
        record_training(db, make_training(program.key).model_copy(update={"status": Status.KILLED}))


def test_a_point_of_a_curve_that_is_not_finite_is_read_as_none(db):
    program = make_program()
    db.record_program(program)
    record_training(db, make_training(program.key).model_copy(update={"curve": (0.5, math.nan, math.inf, None)}))
    [evaluation] = db.evaluations(TASK, Phase.SEARCH, RUNG)
    assert evaluation.trainings[0].curve == (0.5, None, None, None)


def test_evaluations_are_by_program_and_learning_rate_scale_with_seeds_in_their_places(db):
    first, second = make_program(1.0), make_program(2.0)
    db.record_program(first)
    db.record_program(second)
    late, early = make_training(first.key, seed=5, score=0.4), make_training(first.key, seed=9, score=0.6)
    halved = make_training(first.key, seed=9).model_copy(update={"learning_rate_scale": 0.5})
    failed = make_training(second.key, seed=9, score=None)
    record_training(db, failed)
    record_training(db, late, place=1)
    record_training(db, early, place=0)
    record_training(db, halved)
    record_training(db, make_training(first.key, seed=77), phase=Phase.VERDICT)
    db.record_training(make_training(first.key), task="other", phase=Phase.SEARCH, place=0)
    db.record_training(make_training(first.key), task=TASK, phase=Phase.SEARCH, place=0, measure="test")

    evaluations = db.evaluations(TASK, Phase.SEARCH, RUNG)
    assert [evaluation.trainings for evaluation in evaluations] == [(halved,), (early, late), (failed,)]
    assert [evaluation.score for evaluation in evaluations] == [0.5, 0.5, None]
    assert db.evaluations(TASK, Phase.SEARCH, RUNG, key=second.key) == evaluations[2:]
    assert db.training_counts() == {Phase.SEARCH: 6, Phase.VERDICT: 1}


@pytest.mark.parametrize(("maximize", "expected"), [(True, [0.9, 0.5]), (False, [0.5, 0.5])])
def test_the_best_are_whole_evaluations_and_ties_go_to_the_first_admitted(db, maximize, expected):
    scores: list[list[float | None]] = [[0.5], [0.8, 1.0], [0.5], [1.0, None]]
    admitted = [make_program(float(n + 1)) for n in range(len(scores))]
    for program in admitted:
        db.record_program(program)
    for program, values in reversed(list(zip(admitted, scores, strict=True))):
        for place, score in enumerate(values):
            record_training(db, make_training(program.key, seed=place, score=score), place=place)
    best = db.best(TASK, Phase.SEARCH, RUNG, maximize=maximize, count=2)
    assert [score for _, score in best] == pytest.approx(expected)
    winners = [1, 0] if maximize else [0, 2]
    assert [program for program, _ in best] == [admitted[n] for n in winners]


def test_outcomes_are_counted_by_kind_and_reason(db):
    program = make_program()
    candidate = program.candidate
    outcomes = [
        Rejection(candidate=candidate, code=Code.SHAPE, message=""),
        program,
        Rejection(candidate=candidate, code=Code.TRACE, message=""),
        Duplicate(candidate=candidate, of=program.key),
        Rejection(candidate=candidate, code=Code.TRACE, message=""),
        Failed(operator="mutate", reason="no reply"),
    ]
    for position, outcome in enumerate(outcomes):
        db.record_entry(Entry(wave=0, position=position, outcome=outcome, propose_ms=0, gate_ms=0))
    assert db.outcome_counts() == {"program": 1, "rejection": 3, "duplicate": 1, "failed": 1}
    assert list(db.rejection_counts().items()) == [(Code.TRACE, 2), (Code.SHAPE, 1)]


# Programs


def test_a_program_keeps_its_first_admission_and_gains_a_name(db):
    program, other = make_program(1.0), make_program(2.0)
    db.record_program(other)
    db.record_program(program)
    db.record_program(make_program(1.0, source="# another author"), name="cross-entropy")
    db.record_program(program, name="second name")
    assert list(db.programs()) == [other, program]
    assert db.named_programs() == {"cross-entropy": program}


def test_an_outcome_keeps_its_own_author_where_the_program_was_stored_before(db):
    db.record_program(make_program(), name="cross-entropy")
    entry = Entry(wave=0, position=0, outcome=make_program(source="# mine"), propose_ms=0, gate_ms=0)
    db.record_entry(entry)
    assert list(db.entries()) == [entry]


def test_a_program_is_found_by_the_beginning_of_its_key(db):
    stored = {program.key: program for program in map(make_program, range(1, 40))}
    for program in stored.values():
        db.record_program(program)
    key, program = stored.popitem()
    assert db.find_program(key) == db.find_program(key[:10].upper()) == program

    initials = [key[0] for key in [key, *stored]]
    ambiguous = next(initial for initial in initials if initials.count(initial) > 1)
    with pytest.raises(UsageError, match=f"`{ambiguous}` is ambiguous .* Write more characters"):
        db.find_program(ambiguous)


@pytest.mark.parametrize("prefix", ["f" * 64, "g", "zebra", "%", "*", "' OR 1", "-", "\x00"])
def test_an_id_that_no_program_has_is_refused_with_the_next_step(db, prefix):
    db.record_program(make_program())
    with pytest.raises(UsageError, match=r"has no program .* `alphaloss show"):
        db.find_program(prefix)


# Recording twice, and the content hash


def test_recording_the_same_again_changes_nothing(db):
    fill(db)
    entries, evaluations = list(db.entries()), db.evaluations(TASK, Phase.SEARCH, RUNG)
    fill(db, milliseconds=7.0)
    assert list(db.entries()) == entries
    assert db.evaluations(TASK, Phase.SEARCH, RUNG) == evaluations


def test_recording_something_else_in_its_place_is_an_error_and_changes_nothing(db):
    fill(db)
    before = db.content_hash()
    changed = make_training(make_program().key, seed=0, score=0.75)
    with pytest.raises(InfrastructureError, match=r"holds other values in trainings for key=.* start a new one"):
        record_training(db, changed)
    failed = Failed(operator="mutate", reason="another reason")
    with pytest.raises(InfrastructureError, match="holds other values in outcomes for wave=0, position=2, attempt=0"):
        db.record_entry(Entry(wave=0, position=2, outcome=failed, propose_ms=1, gate_ms=1))
    with pytest.raises(InfrastructureError, match="holds other values"):
        record_training(db, make_training(make_program().key, seed=0), phase=Phase.VERDICT)
    assert db.content_hash() == before


def test_the_hash_does_not_see_times_order_or_events(tmp_path):
    with (
        Database.create(tmp_path / "a" / "run.sqlite") as first,
        Database.create(tmp_path / "b" / "run.sqlite") as second,
    ):
        fill(first)
        fill(second, backwards=True, milliseconds=99.0)
        second.event("run_started", {"resumed": True})
        assert first.content_hash() == second.content_hash()


@pytest.mark.parametrize(
    "add",
    [
        lambda db: db.record_program(make_program(3.0)),
        lambda db: db.record_program(make_program(1.0), name="cross-entropy"),
        lambda db: record_training(db, make_training(make_program(2.0).key, seed=3)),
        lambda db: db.record_entry(
            Entry(wave=1, position=0, outcome=Failed(operator="mutate", reason=""), propose_ms=0, gate_ms=0)
        ),
    ],
    ids=["program", "name", "training", "outcome"],
)
def test_the_hash_sees_everything_that_was_found(db, add):
    fill(db)
    before = db.content_hash()
    add(db)
    assert db.content_hash() != before
