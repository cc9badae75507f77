"""What `show` tells of trainings: at all rungs, and why those failed that did."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from factories import FakeWorkers, make_programs, make_training

from alphaloss.bench import Bench
from alphaloss.database import Database
from alphaloss.records import Phase, Training
from alphaloss.report.console import print_shown
from alphaloss.report.runs import describe_program, describe_run
from alphaloss.training import Rung, TrainJob

RUNGS = (Rung(name="small", epochs=1, seeds=2), Rung(name="full", epochs=2))
GOOD, SCREENED_OUT, FAILED = make_programs(3)
TOLD = "The loss is not finite in epoch 1."


def answer(job: TrainJob, seed: int) -> Training:
    """The third program fails on the seed 22."""
    failed = job.graph == FAILED.graph and seed == 22
    return make_training(job, seed, None if failed else seed / 100, message=TOLD if failed else "")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Of a search in which one of three programs got to the full rung, and was repeated there."""
    workers = FakeWorkers(answer, rungs=RUNGS)
    with Database.create(tmp_path / "run.sqlite") as made:
        made.event("task", workers.info.model_dump(mode="json"))
        bench = Bench(workers, made, phase=Phase.SEARCH, seeds=(11, 12), cheaper={"small": (21, 22)})
        for program in (GOOD, SCREENED_OUT, FAILED):
            made.record_program(program)
            bench.collect(bench.submit(program, rung="small", seeds=2))
        bench.collect(bench.submit(GOOD, seeds=1))
        bench.collect(bench.submit_again(GOOD))
        yield made


def test_a_run_tells_how_much_was_trained_at_each_rung_and_on_how_many_seeds_the_best_was(
    database: Database, capsys: pytest.CaptureFixture[str]
):
    shown = describe_run(database, Path("run"))
    assert shown.trainings == {"search": 8}
    assert shown.rungs == {"small": 6, "full": 2}
    assert [(line.id, line.search, line.seeds) for line in shown.best] == [(GOOD.id, pytest.approx(0.115), 2)]
    print_shown(shown)
    assert "Trainings of the search by rung: small 6, full 2." in capsys.readouterr().out


def test_a_program_tells_its_trainings_at_all_rungs(database: Database, capsys: pytest.CaptureFixture[str]):
    shown = describe_program(database, GOOD.id)
    found = [(training.rung, training.seed, training.score) for training in shown.trainings]
    assert found == [("small", 21, 0.21), ("small", 22, 0.22), ("full", 11, 0.11), ("full", 12, 0.12)]
    print_shown(shown)
    told = capsys.readouterr().out
    assert "search, rung small: 0.2100, 0.2200" in told
    assert "search, rung full: 0.1100, 0.1200" in told


def test_a_program_that_failed_tells_why(database: Database, capsys: pytest.CaptureFixture[str]):
    shown = describe_program(database, FAILED.id)
    assert [(training.status, training.message) for training in shown.trainings] == [("ok", ""), ("diverged", TOLD)]
    print_shown(shown)
    assert f"search, rung small: 0.2100, diverged ({TOLD})" in capsys.readouterr().out
