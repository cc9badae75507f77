"""The table of a comparison, its files, and the command that makes them."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree, ignore_patterns
from sqlite3 import connect
from statistics import fmean

import pytest
from click.testing import CliRunner
from comparisons import FakeSessions, compare, configure
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.image import imread

from alphaloss.benchmark import BenchmarkResult, summarise
from alphaloss.benchmark.reading import read_search
from alphaloss.benchmark.results import Gain, Point, ReferenceOutcome, SearchOutcome, Spent
from alphaloss.benchmark.summary import beyond, spread, time_to_target
from alphaloss.cli import main
from alphaloss.config import BudgetSettings
from alphaloss.report.benchmark import tables_of
from alphaloss.sandbox import Sandbox

SAMPLES = {
    "name": "samples",
    "algorithm": "sample-tournament",
    "settings": {"sample_tournament": {"population": 4}},
}


def spent(evaluations: int) -> Spent:
    """Each evaluation is a training of two seconds."""
    return Spent(evaluations=evaluations, trainings=evaluations, training_seconds=2.0 * evaluations)


def outcome(reached: int | None, initial: int = 0) -> SearchOutcome:
    return SearchOutcome(
        seed=0,
        ended="all evaluations are spent",
        champion=None,
        source=None,
        operations=None,
        selection=None,
        test=None,
        spent=spent(20),
        initial=spent(initial),
        wall_seconds=1.0,
        outcomes={},
        targets=(0.5,),
        reached=(None if reached is None else spent(reached),),
        curve=(Point(spent=spent(20), best=0.5),),
    )


def test_the_time_to_a_target_is_a_median_in_which_whoever_missed_it_took_for_ever():
    searches = [outcome(reached) for reached in (4, None, 8, 6, None)]
    found = time_to_target("0.5", searches, 0)
    assert (found.reached, found.searches) == (3, 5)
    assert (found.evaluations, found.training_seconds) == (8, 16.0)  # the third of 4, 6, 8, never, never
    few = time_to_target("0.5", [outcome(4), outcome(None)], 0)
    assert (few.reached, few.evaluations, few.training_seconds) == (1, None, None)


def test_a_target_reached_in_the_first_generation_took_nothing_after_it():
    found = time_to_target("0.5", [outcome(reached, initial=8) for reached in (4, 10, 12)], 0)
    assert (found.evaluations, found.evaluations_after_initial, found.training_seconds_after_initial) == (10, 2, 4.0)


@given(st.lists(st.floats(0, 1), min_size=1), st.integers(0, 3))
def test_a_spread_holds_its_median_and_leaves_out_what_is_not_there(values: list[float], missing: int):
    found = spread([*values, *[None] * missing])
    assert found is not None
    assert min(values) == found.low <= found.median <= found.high == max(values)
    assert found.missing == missing
    assert spread([None] * missing) is None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Path:
    """A finished comparison on two seeds, with a first generation of four."""
    where = tmp_path_factory.mktemp("comparison")
    arms = [SAMPLES, {"name": "random", "algorithm": "random"}]
    compare(configure(where / "compare.yaml", arms=arms, budget={"evaluations": 5}), where, FakeSessions(sandbox).open)
    return where


def benchmark(*args: str | Path):
    return CliRunner().invoke(main, ["benchmark", *map(str, args), "--workers", "1"])


@dataclass(frozen=True)
class Printed:
    """What the command left, and what it said."""

    result: BenchmarkResult
    said: str


@pytest.fixture(scope="module")
def printed(folder: Path) -> Printed:
    done = benchmark(folder / "compare.yaml", folder)
    assert done.exit_code == 0, done.output
    return Printed(BenchmarkResult.model_validate_json((folder / "benchmark.json").read_text()), done.stdout)


@pytest.fixture(scope="module")
def result(printed: Printed) -> BenchmarkResult:
    return printed.result


def test_the_figures_are_those_of_the_databases(folder: Path, result: BenchmarkResult):
    samples = result.arms[0]
    tests, selections = [], []
    for seed, search in enumerate(samples.searches):
        with closing(connect(folder / "samples" / f"seed-{seed}" / "run.sqlite")) as database:

            def one(sql: str, *values: str, database=database):
                return database.execute(sql, values).fetchone()

            [key] = one("SELECT json_extract(payload, '$.champion_key') FROM events WHERE kind = 'searched'")
            [test] = one("SELECT AVG(json_extract(test, '$.score')) FROM trainings WHERE phase = 'verdict'")
            [selection] = one("SELECT AVG(score) FROM trainings WHERE phase = 'selection' AND key = ?", key)
            [programs] = one("SELECT COUNT(*) FROM outcomes WHERE kind = 'program'")
            [initial] = one("SELECT COUNT(*) FROM outcomes WHERE kind = 'program' AND operator LIKE 'init%'")
        assert search.champion == key[:10]
        assert (search.test, search.selection) == (pytest.approx(test), pytest.approx(selection))
        assert (search.spent.evaluations, search.spent.trainings) == (programs, programs)
        assert search.spent.training_seconds == 0.5 * programs  # of each fake training
        assert search.initial.evaluations == initial == 4
        tests.append(test)
        selections.append(selection)
    assert samples.test.median == pytest.approx(fmean(tests))  # of two
    assert (samples.test.low, samples.test.high) == (pytest.approx(min(tests)), pytest.approx(max(tests)))
    assert samples.selection.median == pytest.approx(fmean(selections))
    assert (samples.evaluations, samples.evaluations_after_initial) == (5, 1)
    random = [search.test for search in result.arms[1].searches]
    assert samples.random == "random"
    assert samples.gain.mean == pytest.approx(fmean(tests) - fmean(random))
    reference = [outcome.test for outcome in result.references[0].searches]
    assert samples.reference_gain.mean == pytest.approx(fmean(tests) - fmean(reference))
    assert result.arms[1].gain is None
    assert result.arms[1].reference_gain.mean == pytest.approx(fmean(random) - fmean(reference))


def test_an_arm_is_compared_with_the_random_search_of_its_own_proposer(folder: Path, tmp_path: Path):
    for name, copied in (("first", "random"), ("second", "random"), ("third", "samples"), ("fourth", "samples")):
        copytree(folder / copied, tmp_path / name)
    copytree(folder / "references", tmp_path / "references")
    arms = [
        {"name": "first", "algorithm": "random", "proposer": "tree"},
        {"name": "second", "algorithm": "random"},
        SAMPLES | {"name": "third"},
        SAMPLES | {"name": "fourth", "proposer": "llm"},
    ]
    found = summarise(configure(tmp_path / "c.yaml", arms=arms), tmp_path)
    assert [arm.random for arm in found.arms] == [None, None, "second", None]
    assert [arm.gain is None for arm in found.arms] == [True, True, False, True]
    notes = " ".join(tables_of(found)[0].notes)
    assert "on its task: third and second." in notes


def test_equal_champions_early_ends_and_what_went_beyond_the_budget_are_told(result: BenchmarkResult):
    nothing = Gain(mean=0.0, low=0.0, high=0.0)
    arm = result.arms[0].model_copy(
        update={"gain": nothing, "early": {"it gave up": 2}, "overshoot": 3.0, "failures": 1}
    )
    scores, costs = tables_of(result.model_copy(update={"arms": (arm,)}))
    assert scores.rows[0][-1] == "equal"
    assert "diverged on a seed of the test count as the reference, too: 1 of samples." in " ".join(scores.notes)
    assert "by at most 3 trainings, of samples." in costs.notes[0]
    assert costs.notes[-1] == "Searches that ended before the budget was spent: 2 of samples (it gave up)."


def test_what_goes_beyond_a_budget_is_in_its_unit():
    assert beyond(BudgetSettings(trainings=18), spent(20)) == 2
    assert beyond(BudgetSettings(training_seconds=36), spent(20)) == 4.0  # two seconds each
    assert beyond(BudgetSettings(training_seconds=50), spent(20)) == 0
    assert beyond(BudgetSettings(evaluations=20), spent(20)) == 0


def test_references_stand_in_the_table_as_trained_stopped_early_and_the_best_of_the_zoo(result: BenchmarkResult):
    trained, stopped, best = result.references
    assert [line.name for line in result.references] == [
        "cross-entropy",
        "cross-entropy, stopped early",
        "best of the zoo",
    ]
    assert stopped.test.median == pytest.approx(trained.test.median + 0.1)  # see `comparisons.arbitrary`
    assert stopped.selection is None
    assert {outcome.loss for outcome in best.searches} <= {"best of the zoo (gce)", "best of the zoo (mae)"}


def test_curves_rise_to_what_was_spent_and_reach_targets_where_they_say(folder: Path, result: BenchmarkResult):
    for arm in result.arms:
        for search in arm.searches:
            counts = [point.spent.evaluations for point in search.curve]
            assert counts == sorted(counts)
            assert counts[-1] == search.spent.evaluations
    best = [point.best for point in result.arms[0].searches[0].curve]
    nothing = ReferenceOutcome(seed=0, loss="", search=None, selection=None, test=None)
    again = read_search(folder / "samples" / "seed-0", 0, [best[0], best[-1], max(best) + 1, None], nothing)
    first, last, never, untold = again.reached
    assert first == again.curve[0].spent
    assert last == next(point.spent for point in again.curve if point.best >= best[-1])
    assert (never, untold) == (None, None)


def test_the_command_prints_both_tables_and_leaves_files(folder: Path, printed: Printed):
    for word in (
        "samples",
        "after the first generation",
        "best of the zoo",
        "to cross-entropy",
        "minus random",
        "minus cross-entropy",
        "50.0%",
    ):
        assert word in (folder / "benchmark.md").read_text()
    for word in ("samples", "random", "stopped early", "Outside the budget: references", "benchmark.md"):
        assert word in printed.said
    for name in ("evaluations", "training_seconds"):
        height, width, _ = imread(folder / f"{name}.png").shape
        assert width > height > 300
        svg = (folder / f"{name}.svg").read_text()
        assert svg.startswith("<?xml")
        assert svg.rstrip().endswith("</svg>")
        assert "<!-- samples -->" in svg
    assert len(tables_of(printed.result)[0].rows) == 2 + 3


def test_fewer_seeds_can_be_read_of_a_finished_comparison_as_one_json_value(folder: Path, result: BenchmarkResult):
    done = benchmark(folder / "compare.yaml", folder, "--seeds", "1", "--json")
    found = BenchmarkResult.model_validate_json(done.stdout)
    assert found.seeds == (0,)
    assert found.arms[0].searches == result.arms[0].searches[:1]
    assert BenchmarkResult.model_validate_json((folder / "benchmark.json").read_text()) == found


def test_a_finished_comparison_is_printed_also_where_nothing_can_be_written(folder: Path, tmp_path: Path):
    where = copytree(folder, tmp_path / "copy", ignore=ignore_patterns("benchmark*"))
    for name in ("benchmark.lock", "benchmark.md.new"):
        (where / name).mkdir()  # so that no file can be opened there
    done = benchmark(folder / "compare.yaml", where)
    assert "samples" in done.stdout
    assert done.exit_code == 3
    assert "Error: Cannot write" in done.stderr
    (where / "samples" / "seed-0" / "run.sqlite").unlink()
    done = benchmark(folder / "compare.yaml", where)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "The comparison cannot be kept in" in done.stderr


def test_a_file_is_no_folder_for_a_comparison(folder: Path):
    done = benchmark(folder / "compare.yaml", folder / "compare.yaml")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "cannot be kept in" in done.stderr


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("budget: {evaluations: 1}\n", "Setting `arms`: field required."),
        ("arms: [\n", "not YAML"),
        ("- a\n", "must hold settings"),
    ],
)
def test_a_wrong_configuration_gets_a_sentence_and_exit_code_2(tmp_path: Path, text: str, says: str):
    file = tmp_path / "wrong.yaml"
    file.write_text(text)
    done = benchmark(file, tmp_path / "out")
    assert (done.exit_code, done.stdout) == (2, "")
    assert says in done.stderr
    assert not (tmp_path / "out").exists()
