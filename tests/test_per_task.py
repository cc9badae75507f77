"""The tables of searches on a suite, from databases whose numbers were chosen so that they can be checked by hand.

Of two tasks with 10 and 100 classes. The inverted loss has the smallest values and no accuracy, as in figure 4.7 of
Chou's thesis (NTUT, 2025); label smoothing has the smaller error on one task.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from factories import FakeWorkers, make_program
from losses.graphs import cross_entropy, inverted, label_smoothing
from rich.console import Console

from alphaloss import records
from alphaloss.benchmark.folder import FINISHED, reference_folder, search_folder
from alphaloss.benchmark.per_task import (
    SuiteSearch,
    champions,
    choices,
    read_suite_search,
    reduction,
    suite_tables,
    times,
)
from alphaloss.benchmark.readings import agreement, chosen
from alphaloss.benchmark.results import ArmLine, BenchmarkResult, SearchOutcome, Spent
from alphaloss.config import ArmSettings, BenchmarkSettings, BudgetSettings
from alphaloss.database import Database
from alphaloss.naming import DATABASE
from alphaloss.records import Phase, Program, Status, Training
from alphaloss.report.table import Table
from alphaloss.sandbox import Sandbox
from alphaloss.training import TaskInfo

SMALL = FakeWorkers(lambda job, seed: pytest.fail("nothing is trained")).info
TASKS = tuple(SMALL.model_copy(update={"name": name, "classes": n}) for name, n in (("few", 10), ("many", 100)))
INFO: TaskInfo = SMALL.model_copy(
    update={"name": "both", "metric": "average-improvement-loss", "classes": 100, "tasks": TASKS}
)
REFERENCE, INVERTED, GOOD = map(make_program, (cross_entropy(), inverted(), label_smoothing()))

# Of each task: accuracy and mean value of the loss, on validation data.
VALIDATION = {
    REFERENCE.key: {"few": (0.90, 0.30), "many": (0.20, 3.00)},
    INVERTED.key: {"few": (0.00, 0.003), "many": (0.005, 0.03)},
    GOOD.key: {"few": (0.92, 0.36), "many": (0.10, 1.50)},
}


def training(program: Program, test: tuple[float, float] | None = None, without: str = "") -> Training:
    metrics = {}
    for task, (accuracy, loss) in VALIDATION[program.key].items():
        metrics |= {f"{task} accuracy": accuracy, f"{task} loss": loss}
    metrics.pop(without, None)
    tested = test and records.TestResult(
        score=0.0,
        samples=(0.0,),
        metrics={"few accuracy": test[0], "many accuracy": test[1]},
        early_epoch=1,
        early_score=0.0,
        early_samples=(0.0,),
    )
    return Training(
        key=program.key,
        rung="full",
        seed=1,
        status=Status.OK,
        score=0.0,
        curve=(0.0,),
        metrics=metrics,
        test=tested,
        seconds=1.0,
        steps=1,
    )


def record(
    folder: Path,
    searched: list[Training],
    tested: list[Training],
    champion: Program | None,
    info: TaskInfo = INFO,
) -> Path:
    """The database of a search, or of references."""
    with Database.create(folder / DATABASE) as database:
        database.event("task", info.model_dump(mode="json"))
        database.record_program(REFERENCE, "cross-entropy")
        for program in (INVERTED, GOOD):
            database.record_program(program)
        for fit in searched:
            database.record_training(fit, task=INFO.name, phase=Phase.SEARCH, place=0)
        for place, fit in enumerate(tested):
            other = fit.model_copy(update={"seed": 8 + place})
            database.record_training(other, task=INFO.name, phase=Phase.VERDICT, place=place, measure="test")
        database.event(FINISHED, {"champion_key": champion and champion.key})
    return folder


class Searches:
    """Searches that share their references."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.references = record(folder / "references", [], [training(REFERENCE, (0.8, 0.2))] * 2, None)

    def read(
        self, name: str, champion: Program | None, test: list[tuple[float, float]], *, without: str = ""
    ) -> SuiteSearch:
        searched = [training(REFERENCE), training(INVERTED), training(GOOD, without=without)]
        tested = [training(champion, accuracies) for accuracies in test] if champion else []
        folder = record(self.folder / f"{name}{len(list(self.folder.iterdir()))}", searched, tested, champion)
        return read_suite_search(folder, self.references, arm=name, seed=0)


@pytest.fixture
def searches(tmp_path: Path) -> Searches:
    return Searches(tmp_path)


def test_each_reading_chooses_another_program(searches: Searches):
    pool = searches.read("one", None, []).pool
    assert [trained.program.key for trained in pool] == [INVERTED.key, GOOD.key]
    assert chosen(pool, "loss values").program.key == INVERTED.key
    assert chosen(pool, "errors").program.key == GOOD.key
    # (.30 - .003) / .30 = (3 - .03) / 3 = .99; the errors .10 and .80 become .08 and .90, so that one task is won.
    assert pool[0].improvement("loss values") == (2, pytest.approx(0.99))
    assert pool[1].improvement("errors") == (1, pytest.approx(0.2))
    assert pool[1].improvement("loss values") == (1, pytest.approx(0.5))
    assert [(trained.below(1), trained.below(0.4)) for trained in pool] == [(True, False), (False, False)]
    assert agreement(pool) == pytest.approx(-1.0)
    assert agreement(pool[:1]) is None


def test_a_program_whose_value_is_not_finite_is_in_no_reading(searches: Searches):
    [left] = searches.read("one", None, [], without="many loss").pool
    assert left.program.key == INVERTED.key


def test_values_that_left_the_range_of_valid_losses_are_told(searches: Searches):
    pool = searches.read("one", None, []).pool
    assert [trained.is_valid for trained in pool] == [True, True]
    for value in (-0.1, 0.0, 9e-6, 1.1e5):
        compared = {**pool[0].compared, "many": pool[0].compared["many"]._replace(loss=value)}
        assert not replace(pool[0], compared=compared).is_valid


def test_the_choice_is_shown_with_accuracies_guessing_and_the_code_of_the_full_gate(
    searches: Searches, sandbox: Sandbox
):
    [table] = choices([searches.read("one", None, []), searches.read("other", None, [])], sandbox)
    by_value, by_valid_value, by_error, guessing = table.rows
    found = ("one", "0", INVERTED.id)
    chosen_by_value = (*found, "2, +0.99", "0.0000 (0.9000)", "0.0050 (0.2000)", "MISALIGNED")
    assert by_value == ("loss values", *chosen_by_value)
    assert by_valid_value == ("valid loss values", *chosen_by_value)  # all values are valid
    assert by_error[:5] == ("errors", "one", "0", GOOD.id, "1, +0.2")
    assert by_error[-1] == "admitted"
    assert guessing[5:7] == ("0.1000", "0.0100")
    assert table.notes[0] == (
        "Of 2 programs, those of each search seed counted (2 are different), 1 have smaller values than cross-entropy "
        "on all tasks. Of these 1 do worse than guessing on every task, and 1 less than twice as well; of the 1 valid "
        "among them 1 and 1; of all programs 1 and 1."
    )


def test_champions_are_shown_by_task_beside_cross_entropy_and_guessing(searches: Searches, sandbox: Sandbox):
    found = [
        searches.read("one", GOOD, [(0.6, 0.3), (0.8, 0.5)]),
        searches.read("other", INVERTED, [(0.0, 0.001)]),
        searches.read("none", None, []),  # counts as the reference
    ]
    table = champions(found, sandbox)
    assert table.rows == (
        ("one", "0", GOOD.id, "0.7000", "0.4000", "admitted"),
        ("other", "0", INVERTED.id, "0.0000", "0.0010", "MISALIGNED"),
        ("none", "0", "none", "0.8000", "0.2000", ""),
        ("cross-entropy", "0", "", "0.8000", "0.2000", ""),
        ("guessing", "", "", "0.1000", "0.0100", ""),
    )
    assert table.notes == (
        "Champions that do worse than guessing on every task: 1 of 3; that the gate refuses with all its checks: 1.",
    )


def arm(name: str, algorithm: str, evaluations: int, seconds: float, initial: int = 8) -> ArmLine:
    """An arm of one search, each of whose initial population took 10 s."""
    search = SearchOutcome.model_construct(
        spent=Spent(evaluations=evaluations, trainings=evaluations, training_seconds=seconds),
        initial=Spent(evaluations=initial, trainings=initial, training_seconds=10.0 * initial),
    )
    return ArmLine.model_construct(name=name, algorithm=algorithm, searches=(search,))


def test_times_are_told_without_and_with_the_initial_population_against_ngl_of_the_same_fitness():
    # The evaluations of the thesis at its small scale: 8 + 4 * 3, and 8 + 4 * 8.
    arms = [
        arm("sample", "sample-tournament", 20, 200.0),
        arm("ngl", "ngl", 40, 320.0),
        arm("by errors", "sample-tournament", 20, 200.0),
        arm("random", "random", 40, 320.0, initial=0),
    ]
    table = times(arms, {"sample": "loss", "ngl": "loss", "by errors": "error", "random": "loss"})
    assert table.rows == (
        ("sample", "12.0", "62.5%", "120.0", "50.0%", "20.0", "50.0%", "200.0", "37.5%"),
        ("ngl", "32.0", "", "240.0", "", "40.0", "", "320.0", ""),
        ("by errors", "12.0", "", "120.0", "", "20.0", "", "200.0", ""),  # no NGL of this fitness
        ("random", "-", "-", "-", "-", "40.0", "0.0%", "320.0", "0.0%"),
    )


@pytest.mark.parametrize(
    ("info", "titles"),
    [
        (INFO, ["Test accuracy", "What a search", "Which program"]),
        (SMALL, []),
        (INFO.model_copy(update={"tasks": (TASKS[0], TASKS[1].model_copy(update={"metric": "nll"}))}), []),
    ],
)
def test_a_comparison_on_a_suite_of_accuracies_has_these_tables_and_another_none(
    tmp_path: Path, info: TaskInfo, titles: list[str]
):
    arms = (ArmSettings(name="ngl", algorithm="ngl"), ArmSettings(name="other", algorithm="random"))
    compared = BenchmarkSettings(budget=BudgetSettings(generations=1), seeds=1, arms=arms)
    for one in arms:
        where = search_folder(tmp_path, one.name, 0)
        record(where, [training(REFERENCE), training(GOOD)], [training(GOOD, (0.9, 0.3))], GOOD, info)
    where = reference_folder(tmp_path, compared.of_search(arms[0], 0))
    record(where, [], [training(REFERENCE, (0.8, 0.2))], None, info)
    lines = (arm("ngl", "ngl", 16, 160.0), arm("other", "random", 16, 160.0))
    tables = suite_tables(compared, tmp_path, BenchmarkResult.model_construct(arms=lines, seeds=(0,)))
    assert [table.title[: len(title)] for table, title in zip(tables, titles, strict=True)] == titles


def test_the_cut_is_what_is_saved_of_the_other():
    assert reduction(12, 32) == 0.625
    assert reduction(1, 0) == 0.0


def test_a_table_is_printed_in_a_terminal_and_as_markdown():
    table = Table(title="Title", columns=("name", "a [b]"), rows=(("x", "1"),), notes=("One.", "Two."))
    assert table.markdown() == "**Title**\n\n| name | a [b] |\n| --- | --: |\n| x | 1 |\n\nOne.\nTwo.\n"
    console = Console(width=60)
    with console.capture() as captured:
        console.print(table.rich())
    assert "a [b]" in captured.get()
    assert "One. Two." in captured.get()
