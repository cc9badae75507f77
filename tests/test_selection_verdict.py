from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from factories import FakeWorkers, make_program, make_programs, make_training
from losses.graphs import cross_entropy, label_smoothing
from scipy import stats

from alphaloss import records
from alphaloss.bench import Bench
from alphaloss.config import SelectionSettings, VerdictSettings
from alphaloss.database import Database
from alphaloss.errors import SearchFailedError
from alphaloss.progress import Progress
from alphaloss.records import Phase, Program, Training
from alphaloss.selection import Selection, distinct, select
from alphaloss.statistics import bootstrap, crossed, detectable
from alphaloss.training import TrainJob
from alphaloss.verdict import (
    BEST_OF_ZOO,
    CHAMPION,
    Claim,
    Verdict,
    judge,
    tuned_label,
)

REFERENCE = make_program(cross_entropy())
CROSS_ENTROPY, EARLY_STOPPED = "cross-entropy", "cross-entropy, stopped early"
ZOO = [make_program(label_smoothing(share)) for share in (0.1, 0.2)]
FIRST, SECOND = make_programs(2)
SEEDS = (101, 102, 103, 104)

Scores = Sequence[float | None]


def make_database(folder: Path) -> Database:
    database = Database.create(folder / "run.sqlite")
    for program in (REFERENCE, *ZOO, FIRST, SECOND):
        database.record_program(program)
    return database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with make_database(tmp_path) as made:
        yield made


class Heard(Progress):
    def __init__(self) -> None:
        self.keys: list[str] = []

    def trained(self, evaluation: records.Evaluation) -> None:
        self.keys.append(evaluation.key)


# Selection

Choose = Callable[..., Selection]


@pytest.fixture
def choose(database: Database) -> Choose:
    """Runs a selection in which each program has these scores, one a seed, and the reference these at other rates."""

    def run(
        scores: Mapping[str, Scores],
        *,
        rates: Mapping[float, Scores] = MappingProxyType({}),
        direction: str = "max",
        **arguments: object,
    ) -> Selection:
        def train(job: TrainJob, seed: int) -> Training:
            of_job = scores[job.graph.key] if job.learning_rate_scale == 1.0 else rates[job.learning_rate_scale]
            return make_training(job, seed, of_job[SEEDS.index(seed)])

        run.workers = FakeWorkers(train, direction=direction)
        run.progress = Heard()
        bench = Bench(run.workers, database, phase=Phase.SELECTION, seeds=SEEDS, parts=2)
        chosen = {"finalists": [FIRST, SECOND], "zoo": ZOO, "reference": REFERENCE} | arguments
        settings = SelectionSettings(confidence=0.9, learning_rates=tuple(rates))
        return select(settings, bench, progress=run.progress, **chosen)

    return run


def constant(*values: tuple[Program, float]) -> dict[str, Scores]:
    return {program.key: [value] * len(SEEDS) for program, value in values}


PLAIN = constant((REFERENCE, 0.5), (ZOO[0], 0.6), (ZOO[1], 0.7), (FIRST, 0.8), (SECOND, 0.75))


def test_the_best_finalist_and_the_best_of_the_zoo_are_chosen(choose: Choose):
    found = choose(PLAIN)
    assert (found.champion, found.best_of_zoo) == (FIRST, ZOO[1])


def test_the_champion_has_the_largest_lower_bound_not_the_largest_mean(choose: Choose):
    # Means .80 and .75; lower 90 % bounds of the gain over .5: .30 - 1.638 * .245 / 2 = .10 and .25.
    shaky = {FIRST.key: [0.5, 1.0, 0.6, 1.1]}
    assert choose(PLAIN | shaky).champion == SECOND


def test_gains_are_paired_with_the_reference_seed_by_seed(choose: Choose):
    scores = {
        REFERENCE.key: [0.1, 0.5, 0.3, 0.7],
        FIRST.key: [0.3, 0.7, 0.5, 0.9],  # .2 better on every seed
        SECOND.key: [0.65, 0.65, 0.65, 0.65],  # .25 better on average
    }
    assert choose(PLAIN | scores).champion == FIRST


def test_the_smallest_score_wins_where_small_is_good(choose: Choose):
    found = choose(PLAIN, direction="min")
    assert (found.champion, found.best_of_zoo) == (SECOND, ZOO[0])


def test_a_loss_that_diverges_on_one_seed_is_not_chosen(choose: Choose):
    diverged = {FIRST.key: [0.99, 0.99, 0.99, None], ZOO[1].key: [None] * 4}
    found = choose(PLAIN | diverged)
    assert (found.champion, found.best_of_zoo) == (SECOND, ZOO[0])


def test_means_decide_where_the_reference_diverges(choose: Choose):
    shaky = {REFERENCE.key: [0.5, 0.5, 0.5, None], FIRST.key: [0.5, 1.0, 0.6, 1.1]}
    assert choose(PLAIN | shaky).champion == FIRST


def test_nobody_is_chosen_if_all_diverge(choose: Choose):
    nothing = {FIRST.key: [None] * 4, SECOND.key: [None, 0.9, 0.9, 0.9]}
    with pytest.raises(SearchFailedError, match="each of the 2 best programs of the search failed"):
        choose(PLAIN | nothing)


def test_of_equals_the_better_of_the_search_is_chosen(choose: Choose):
    assert choose(PLAIN | constant((SECOND, 0.8))).champion == FIRST


def test_everybody_is_trained_once_on_the_same_seeds_and_recorded(choose: Choose, database: Database):
    found = choose(PLAIN)
    keys = [REFERENCE.key, FIRST.key, SECOND.key, ZOO[0].key, ZOO[1].key]
    assert list(found.evaluations) == choose.progress.keys == keys
    assert {tuple(t.seed for t in e.trainings) for e in found.evaluations.values()} == {SEEDS}
    recorded = database.evaluations("fake", Phase.SELECTION, "full")
    assert {e.key: e for e in recorded} == found.evaluations
    assert {job.measure for job in choose.workers.jobs} == {"validation"}


def test_a_finalist_that_is_also_in_the_zoo_is_trained_once(choose: Choose):
    found = choose(PLAIN, finalists=[ZOO[1], FIRST])
    assert found.champion == FIRST
    assert found.best_of_zoo == ZOO[1]
    trained = [(job.graph.key, seed) for job in choose.workers.jobs for seed in job.seeds]
    assert len(trained) == len(set(trained)) == 4 * len(SEEDS)


# Learning rates of the reference

RATES = {0.25: [0.65] * 4, 0.5: [0.7] * 4, 2.0: [0.4] * 4}


def test_the_reference_is_trained_at_each_learning_rate_and_the_best_mean_counts(choose: Choose, database: Database):
    found = choose(PLAIN, rates=RATES)
    assert found.learning_rates == pytest.approx({1.0: 0.5, 0.25: 0.65, 0.5: 0.7, 2.0: 0.4})
    assert found.learning_rate_scale == 0.5
    jobs = [(job.graph.key, job.learning_rate_scale, seed) for job in choose.workers.jobs for seed in job.seeds]
    assert len(jobs) == len(set(jobs)) == (5 + 3) * len(SEEDS)
    assert {job.measure for job in choose.workers.jobs} == {"validation"}
    recorded = database.evaluations("fake", Phase.SELECTION, "full", key=REFERENCE.key)
    assert [e.trainings[0].learning_rate_scale for e in recorded] == [0.25, 0.5, 1.0, 2.0]
    assert choose.progress.keys.count(REFERENCE.key) == 4


def test_other_learning_rates_choose_neither_champion_nor_best_of_the_zoo(choose: Choose):
    plain, tuned = choose(PLAIN), choose(PLAIN, rates=RATES)
    assert (tuned.champion, tuned.best_of_zoo) == (plain.champion, plain.best_of_zoo)
    assert tuned.evaluations == plain.evaluations


def test_the_task_s_own_learning_rate_wins_where_no_other_is_better(choose: Choose):
    found = choose(PLAIN, rates={0.5: [0.5] * 4, 2.0: [0.4] * 4})
    assert found.learning_rate_scale == 1.0
    assert choose(PLAIN).learning_rates == {1.0: 0.5}


def test_the_learning_rate_of_the_smallest_score_wins_where_small_is_good(choose: Choose):
    assert choose(PLAIN, rates=RATES, direction="min").learning_rate_scale == 2.0


def test_a_learning_rate_that_diverges_on_one_seed_is_not_the_best(choose: Choose):
    found = choose(PLAIN, rates={0.5: [0.99, 0.99, None, 0.99], 0.25: [0.6] * 4})
    assert found.learning_rate_scale == 0.25
    assert found.learning_rates[0.5] is None


def test_any_learning_rate_is_better_than_one_that_diverges(choose: Choose):
    found = choose(PLAIN | {REFERENCE.key: [0.5, None, 0.5, 0.5]}, rates={0.5: [0.3] * 4})
    assert found.learning_rate_scale == 0.5


# Finalists


def with_field(program: Program, *field: float) -> Program:
    """The program with this gradient field, brought to unit norm."""
    return program.model_copy(update={"gradient_field": tuple(np.array(field) / np.linalg.norm(field))})


def test_of_programs_that_behave_alike_the_best_is_kept():
    first, second, third, fourth = make_programs(4)
    # Cosine distances to the first: 5e-5, 5e-3 and 1.
    ranked = [with_field(first, 1, 0), with_field(second, 1, 0.01), with_field(third, 1, 0.1), with_field(fourth, 0, 1)]
    assert [p.key for p in distinct(ranked, 1e-3)] == [first.key, third.key, fourth.key]
    assert [p.key for p in distinct(ranked[::-1], 1e-3)] == [fourth.key, third.key, second.key]
    assert distinct(ranked, 1e-6) == ranked
    assert distinct(ranked, 0.0) == ranked


def test_programs_looked_at_on_other_probes_are_not_alike():
    first, second = make_programs(2)
    ranked = [with_field(first, 1, 0), with_field(second, 1, 0, 0)]
    assert distinct(ranked, 1e-3) == ranked


# Verdict

TEST_SAMPLES = 1000
CLEAR = {
    CHAMPION: [0.90, 0.94, 0.92, 0.96],
    CROSS_ENTROPY: [0.70, 0.72, 0.74, 0.72],
    EARLY_STOPPED: [0.80, 0.84, 0.80, 0.84],
    BEST_OF_ZOO: [0.86, 0.88, 0.86, 0.88],
}
TUNED = tuned_label(CROSS_ENTROPY, 0.25)
CLEAR[TUNED] = [0.76, 0.80, 0.76, 0.80]
Judge = Callable[..., Verdict]


def correct(score: float) -> tuple[float, ...]:
    """A share of right answers among the test samples."""
    right = round(score * TEST_SAMPLES)
    return (1.0,) * right + (0.0,) * (TEST_SAMPLES - right)


@pytest.fixture
def verdict(tmp_path: Path) -> Iterator[Judge]:
    """Runs a verdict in which each line of the table has these test scores, one a seed."""

    def run(
        scores: Mapping[str, Scores], *, direction: str = "max", best_of_zoo: Program = ZOO[0], rate: float = 0.25
    ) -> Verdict:
        def train(job: TrainJob, seed: int) -> Training:
            label = {FIRST.key: CHAMPION, ZOO[0].key: BEST_OF_ZOO}.get(job.graph.key, CROSS_ENTROPY)
            if job.learning_rate_scale != 1.0:
                label = tuned_label(CROSS_ENTROPY, job.learning_rate_scale)
            place = job.seeds.index(seed)
            score, early = scores[label][place], scores[EARLY_STOPPED][place]
            if score is None:
                return make_training(job, seed, None)
            test = records.TestResult(
                score=score, samples=correct(score), early_epoch=1, early_score=early, early_samples=correct(early)
            )
            return make_training(job, seed, 0.123, test)  # what validation says does not enter

        run.workers = FakeWorkers(train, direction=direction)
        run.database = opened.enter_context(make_database(Path(tempfile.mkdtemp(dir=tmp_path))))
        seeds = SEEDS[: len(scores[CHAMPION])]
        bench = Bench(run.workers, run.database, phase=Phase.VERDICT, seeds=seeds, measure="test")
        return judge(
            VerdictSettings(confidence=0.95),
            bench,
            champion=FIRST,
            best_of_zoo=best_of_zoo,
            reference=REFERENCE,
            learning_rate_scale=rate,
            progress=Progress(),
        )

    with ExitStack() as opened:
        yield run


def claim(found: Verdict, against: str) -> Claim:
    return next(c for c in found.claims if c.against == against)


def test_the_table_has_a_row_for_the_champion_and_each_reference(verdict: Judge):
    found = verdict(CLEAR)
    order = [CHAMPION, CROSS_ENTROPY, EARLY_STOPPED, TUNED, BEST_OF_ZOO]
    assert [line.label for line in found.scores] == order
    for line in found.scores:
        assert line.mean == pytest.approx(np.mean(CLEAR[line.label]))
        assert line.standard_error == pytest.approx(stats.sem(CLEAR[line.label]))
        assert line.failed == 0
        assert found.score(line.label) == line.mean
    assert (found.seeds, found.confidence) == (4, 0.95)


def test_four_losses_are_trained_on_test_data_and_the_early_stopped_one_is_read_off(verdict: Judge):
    verdict(CLEAR)
    jobs = [(job.graph.key, job.learning_rate_scale) for job in verdict.workers.jobs]
    assert sorted(jobs) == sorted([(FIRST.key, 1.0), (ZOO[0].key, 1.0), (REFERENCE.key, 1.0), (REFERENCE.key, 0.25)])
    assert {job.measure for job in verdict.workers.jobs} == {"test"}
    assert len(verdict.database.evaluations("fake", Phase.VERDICT, "full", measure="test")) == 4
    assert not verdict.database.evaluations("fake", Phase.VERDICT, "full")


def test_the_tuned_rate_is_compared_but_is_no_claim(verdict: Judge):
    found = verdict(CLEAR)
    assert found.learning_rate_scale == 0.25
    assert found.tuned.against == TUNED == "cross-entropy, tuned learning rate (x 0.25)"
    assert found.tuned.difference == pytest.approx(np.subtract(CLEAR[CHAMPION], CLEAR[TUNED]).mean())
    assert found.tuned.low < found.tuned.difference < found.tuned.high
    better_tuned = verdict(CLEAR | {TUNED: [0.99] * 4})
    assert better_tuned.claims == found.claims
    assert better_tuned.tuned.high < 0
    assert verdict(CLEAR | {TUNED: [None] * 4}).tuned is None


def test_where_no_other_rate_is_better_the_row_shows_the_same_trainings(verdict: Judge):
    found = verdict(CLEAR, rate=1.0)
    assert len(verdict.workers.jobs) == 3
    assert found.score("cross-entropy, tuned learning rate (x 1)") == found.score(CROSS_ENTROPY)
    assert found.tuned.difference == claim(found, CROSS_ENTROPY).difference


def by_sample(label: str) -> np.ndarray:
    """What a line of the clear verdict got right, shape (seeds, samples)."""
    return np.array([correct(score) for score in CLEAR[label]])


def test_there_are_three_claims_with_the_numbers_of_a_t_test_over_seeds_and_samples(verdict: Judge):
    found = verdict(CLEAR)
    assert [c.against for c in found.claims] == [CROSS_ENTROPY, EARLY_STOPPED, BEST_OF_ZOO]
    for c in found.claims:
        expected = crossed(by_sample(CHAMPION), by_sample(c.against), 0.95)
        assert c.difference == pytest.approx(np.subtract(CLEAR[CHAMPION], CLEAR[c.against]).mean())
        assert (c.difference, c.t_low, c.t_high) == pytest.approx((expected.mean, expected.low, expected.high))
        assert c.p_value == pytest.approx(expected.p_value)
    assert found.better


def test_the_interval_is_bootstrapped_over_seeds_and_test_samples(verdict: Judge):
    found = claim(verdict(CLEAR), EARLY_STOPPED)
    assert (found.low, found.high) == bootstrap(by_sample(CHAMPION), by_sample(EARLY_STOPPED), 0.95)
    assert found.low < found.difference < found.high


def test_the_smallest_detectable_difference_is_that_of_the_strictest_step(verdict: Judge):
    error = crossed(by_sample(CHAMPION), by_sample(CROSS_ENTROPY), 0.95).error
    expected = detectable(error, 4, level=0.05 / 3, power=0.8)
    assert claim(verdict(CLEAR), CROSS_ENTROPY).detectable == pytest.approx(expected)


def test_fewer_than_four_seeds_carry_no_claim(verdict: Judge):
    found = verdict({label: scores[:3] for label, scores in CLEAR.items()})
    assert [c.holds for c in found.claims] == [False, False, False]
    assert [c.detectable for c in found.claims] == [None, None, None]
    assert not found.better


def test_the_same_gain_on_every_seed_carries_no_claim(verdict: Judge):
    # Accuracies move in steps, and all four seeds differ by the same number of them.
    found = verdict(CLEAR | {CROSS_ENTROPY: [round(score - 0.2, 2) for score in CLEAR[CHAMPION]]})
    assert claim(found, CROSS_ENTROPY).p_value == 1.0
    assert not found.better


def test_claims_hold_only_after_holm_s_correction(verdict: Judge):
    # Gains over early stopping with p = .02: enough where the two others hold, not as the smallest of three.
    gains = np.array([0.08, 0.03, 0.06, 0.02])
    close = {EARLY_STOPPED: [round(s - g, 2) for s, g in zip(CLEAR[CHAMPION], gains, strict=True)]}
    found = verdict(CLEAR | close | dict.fromkeys([CROSS_ENTROPY, BEST_OF_ZOO], CLEAR[CHAMPION]))
    assert 0.05 / 3 < claim(found, EARLY_STOPPED).p_value < 0.025
    assert [c.holds for c in found.claims] == [False, False, False]
    relieved = verdict(CLEAR | close)
    assert [c.holds for c in relieved.claims] == [True, True, True]


def test_a_champion_that_is_not_better_than_cross_entropy_is_not_called_better(verdict: Judge):
    found = verdict(CLEAR | {CROSS_ENTROPY: CLEAR[CHAMPION]})
    assert not claim(found, CROSS_ENTROPY).holds
    assert claim(found, EARLY_STOPPED).holds
    assert not found.better


def test_differences_are_positive_where_the_champion_is_better_also_where_small_is_good(verdict: Judge):
    errors = {label: [round(1.0 - s, 2) for s in scores] for label, scores in CLEAR.items()}
    small, large = verdict(errors, direction="min"), verdict(CLEAR)
    for c in small.claims:
        twin = claim(large, c.against)
        assert c.difference == pytest.approx(twin.difference)
        assert c.p_value == pytest.approx(twin.p_value)
        assert c.low > 0
        assert c.holds
    assert small.score(CHAMPION) == pytest.approx(1.0 - large.score(CHAMPION))


def test_a_champion_that_diverges_supports_no_claim(verdict: Judge):
    found = verdict(CLEAR | {CHAMPION: [0.9, None, 0.9, 0.9]})
    assert found.claims == ()
    assert not found.better
    line = found.scores[0]
    assert (line.label, line.mean, line.standard_error, line.failed) == (CHAMPION, None, None, 1)
    assert found.score(CROSS_ENTROPY) == pytest.approx(np.mean(CLEAR[CROSS_ENTROPY]))


def test_there_is_no_claim_against_a_reference_that_diverges(verdict: Judge):
    found = verdict(CLEAR | {BEST_OF_ZOO: [None] * 4})
    assert [c.against for c in found.claims] == [CROSS_ENTROPY, EARLY_STOPPED]
    assert found.score(BEST_OF_ZOO) is None
    without = verdict(CLEAR | {CROSS_ENTROPY: [None, 0.7, 0.7, 0.7]})
    assert [c.against for c in without.claims] == [BEST_OF_ZOO]
    assert not without.better


def test_a_champion_that_is_a_loss_of_the_zoo_found_again_is_trained_once_and_no_better(verdict: Judge):
    found = verdict(CLEAR, best_of_zoo=FIRST)
    trained = [(job.graph.key, job.learning_rate_scale, seed) for job in verdict.workers.jobs for seed in job.seeds]
    assert len(trained) == len(set(trained)) == 3 * len(SEEDS)
    assert found.score(BEST_OF_ZOO) == found.score(CHAMPION)
    assert not claim(found, BEST_OF_ZOO).holds
    assert found.better


def test_a_verdict_reads_back_from_its_json(verdict: Judge):
    found = verdict(CLEAR)
    assert Verdict.model_validate_json(found.model_dump_json()) == found
