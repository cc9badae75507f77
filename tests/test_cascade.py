"""Successive halving: who goes on to the next rung, and what the algorithm learns of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from math import ceil
from pathlib import Path

import numpy as np
import pytest
from factories import FakeWorkers, make_programs, make_training
from hypothesis import given
from hypothesis import strategies as st

from alphaloss.bench import Bench
from alphaloss.cascade import Cascade, Climb, Screened, expected, levels, promote
from alphaloss.config import CascadeSettings, SearchSettings, Settings
from alphaloss.database import Database
from alphaloss.progress import Progress
from alphaloss.records import REPEAT, Evaluation, Failed, Outcome, Phase, Program, Told, Training, Variation
from alphaloss.training import Rung, TrainJob

RUNGS = (
    Rung(name="small", epochs=2, share=0.25, seeds=2),
    Rung(name="medium", epochs=4),
    Rung(name="full", epochs=8),
)
TWO = (RUNGS[0], RUNGS[2])
SEEDS = (11, 12, 13)

shares = st.floats(0.01, 1)
scores = st.dictionaries(st.integers(0, 30), st.builds(Screened, st.integers(0, 5).map(float), st.integers(1, 3)))


@given(scores, shares, shares, st.integers(0, 9))
def test_the_promoted_are_the_best_and_some_by_lot(screened, keep, late, seed):
    reasons = promote(screened, keep=keep, late=late, rng=np.random.default_rng(seed))
    assert list(reasons) == sorted(reasons)
    assert set(reasons) <= set(screened)
    ranked = {place for place, why in reasons.items() if why == "rank"}
    assert len(ranked) == ceil(keep * len(screened))
    left = set(screened) - ranked
    better = [(screened[p].score, -screened[p].size, -p) for p in ranked]
    worse = [(screened[p].score, -screened[p].size, -p) for p in left]
    assert not worse or min(better) > max(worse)
    assert reasons == promote(screened, keep=keep, late=late, rng=np.random.default_rng(seed))


def test_lots_are_drawn_with_their_probability():
    screened = {place: Screened(score=-place, size=1) for place in range(10_000)}
    reasons = promote(screened, keep=0.2, late=0.1, rng=np.random.default_rng(0))
    late = [place for place, why in reasons.items() if why == "late"]
    assert len(late) == pytest.approx(800, abs=4 * (8_000 * 0.1 * 0.9) ** 0.5)
    assert np.mean(late) == pytest.approx(6_000, abs=4 * 8_000 / (12 * 800) ** 0.5)  # of all ranks alike
    only_best = promote(screened, keep=0.2, late=0.0, rng=np.random.default_rng(0))
    assert list(only_best) == list(range(2_000))


def test_the_rungs_of_a_search_their_seeds_and_what_they_are_expected_to_cost():
    cascade = CascadeSettings(keep=0.25, late=0.0)
    climbed = levels(Settings(cascade=cascade), RUNGS)
    assert [(level.rung.name, level.seeds, level.reach) for level in climbed] == [
        ("small", 2, 1.0),
        ("medium", 1, 0.25),
        ("full", 1, 0.0625),
    ]
    # 64 programs: 128 trainings of 2 epochs of a quarter of the samples, 16 of 4 epochs, 4 of 8; an epoch takes 3 s.
    assert expected(climbed, 64, epoch_seconds=3.0) == (148, 3.0 * (128 * 0.5 + 16 * 4 + 4 * 8))
    [alone] = levels(Settings(cascade=CascadeSettings(use=False)), RUNGS)
    assert (alone.rung.name, alone.reach) == ("full", 1.0)
    several = levels(Settings(search=SearchSettings(seeds=3)), RUNGS)
    assert [level.seeds for level in several] == [2, 1, 3]  # only the full rung's are a setting
    sharing = levels(Settings(cascade=CascadeSettings(keep=0.5, late=0.2)), TWO)
    assert sharing[1].reach == pytest.approx(0.5 + 0.2 * 0.5)


class Lab:
    """A cascade over workers that answer with functions, and all programs in the database."""

    def __init__(self, folder: Path) -> None:
        self.database = Database.create(folder / "run.sqlite")
        self.programs = make_programs(12)
        for program in self.programs:
            self.database.record_program(program)
        self.trained: list[Evaluation] = []

    def cascade(
        self,
        score: Callable[[TrainJob, int], float | None],
        *,
        rungs: tuple[Rung, ...] = TWO,
        direction: str = "max",
        newest_first: bool = False,
        search: SearchSettings | None = None,
        seed: int = 0,
        **settings: object,
    ) -> Cascade:
        def answer(job: TrainJob, seed: int) -> Training:
            return make_training(job, seed, score(job, seed))

        self.workers = FakeWorkers(answer, direction=direction, newest_first=newest_first, rungs=rungs)
        bench = Bench(self.workers, self.database, phase=Phase.SEARCH, seeds=SEEDS)
        chosen = Settings(seed=seed, search=search or SearchSettings(), cascade=CascadeSettings(**settings))
        return Cascade(chosen, bench, self.database, _Listener(self.trained))

    def run(self, cascade: Cascade, outcomes: Sequence[Outcome] | None = None) -> list[Told]:
        """Takes one wave all the way up."""
        return climb(cascade, [self.begin(cascade, outcomes)])[0]

    def begin(self, cascade: Cascade, outcomes: Sequence[Outcome] | None = None, number: int = 0) -> Climb:
        outcomes = self.programs if outcomes is None else outcomes
        return cascade.begin(number, (Variation(operator="mutate"),) * len(outcomes), outcomes)

    @property
    def jobs(self) -> Counter[str]:
        return Counter(job.rung for job in self.workers.jobs)


class _Listener(Progress):
    def __init__(self, heard: list[Evaluation]) -> None:
        self.heard = heard

    def trained(self, evaluation: Evaluation) -> None:
        self.heard.append(evaluation)


def climb(cascade: Cascade, climbs: Sequence[Climb]) -> list[list[Told]]:
    """All rungs, in step, as a search takes them."""
    while not all(map(cascade.at_the_top, climbs)):
        for one in climbs:
            cascade.ascend(one)
    return [cascade.end(one) for one in climbs]


def q(job: TrainJob, seed: int) -> float:
    """Of the twelve programs the last is the best, at every rung."""
    return job.graph.constants["q"] / 100


def backwards(job: TrainJob, seed: int) -> float:
    """The cheapest rung ranks the wrong way round."""
    return q(job, seed) if job.rung == "full" else 1 - q(job, seed)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(tmp_path)
    yield made
    made.database.close()


def test_a_third_goes_on_at_every_rung_and_only_the_full_one_is_told(lab: Lab):
    told = lab.run(lab.cascade(q, rungs=RUNGS, late=0.0))
    assert lab.jobs == {"small": 12, "medium": 4, "full": 2}
    assert [t.score for t in told] == [None] * 10 + [0.11, 0.12]
    assert [t.outcome for t in told] == lab.programs
    assert {t.evaluation.rung for t in told if t.evaluation} == {"full"}
    assert [job.seeds for job in lab.workers.jobs] == [SEEDS[:2]] * 12 + [SEEDS[:1]] * 6
    assert all(job.stop_hopeless for job in lab.workers.jobs)


def test_every_rung_is_recorded_and_heard_of_with_what_it_took(lab: Lab):
    cascade = lab.cascade(q, rungs=RUNGS, late=0.0)
    begun = lab.begin(cascade)
    climb(cascade, [begun])
    kept = {rung.name: lab.database.evaluations("fake", Phase.SEARCH, rung.name) for rung in RUNGS}
    assert {rung: len(evaluations) for rung, evaluations in kept.items()} == {"small": 12, "medium": 4, "full": 2}
    assert sorted(e.key for e in lab.trained) == sorted(e.key for of_rung in kept.values() for e in of_rung)
    assert begun.seconds == 0.5 * (24 + 4 + 2)
    assert cascade.promoted == 2


def test_the_database_says_who_went_on_and_why(lab: Lab):
    lab.run(lab.cascade(q, rungs=RUNGS, late=0.0))
    first, second = (event.payload for event in lab.database.events("promotion"))
    assert (first["wave"], first["rung"], first["to"], first["trained"]) == (0, "small", "medium", 12)
    assert (second["rung"], second["to"], second["trained"]) == ("medium", "full", 4)
    best = [{"key": p.key, "score": s, "why": "rank"} for p, s in zip(lab.programs[10:], (0.11, 0.12), strict=True)]
    assert second["promoted"] == best


def test_a_late_bloomer_may_go_on_and_is_marked(lab: Lab):
    told = lab.run(lab.cascade(backwards, late=0.3))
    [event] = lab.database.events("promotion")
    why = {entry["key"]: entry["why"] for entry in event.payload["promoted"]}
    assert [why.get(p.key) for p in lab.programs[:4]] == ["rank"] * 4
    late = [p for p in lab.programs[4:] if p.key in why]
    assert late
    assert {why[p.key] for p in late} == {"late"}
    assert {t.outcome.key for t in told if t.evaluation} == set(why)
    everybody = lab.run(lab.cascade(backwards, late=1.0))
    assert all(t.evaluation for t in everybody)


def test_scores_of_different_rungs_are_never_compared(lab: Lab):
    # At the full rung all score less than the worst did at the small one, where the order was another.
    told = lab.run(lab.cascade(lambda job, seed: backwards(job, seed) - 10 * (job.rung == "full"), late=0.0))
    assert [t.score for t in told] == pytest.approx([-9.99, -9.98, -9.97, -9.96] + [None] * 8)


def test_where_less_is_better_the_least_goes_on(lab: Lab):
    told = lab.run(lab.cascade(q, direction="min", late=0.0))
    assert [t.score for t in told] == [0.01, 0.02, 0.03, 0.04] + [None] * 8


def test_a_failure_at_the_first_rung_goes_no_further_and_the_share_is_of_the_others(lab: Lab):
    # Six of twelve fail on their second seed: two of the other six go on, not four; no lot is drawn for a failure.
    def half_fail(job: TrainJob, seed: int) -> float | None:
        return None if job.rung == "small" and seed == SEEDS[1] and q(job, seed) > 0.06 else q(job, seed)

    told = lab.run(lab.cascade(half_fail, late=0.0))
    assert [t.score for t in told] == [None] * 4 + [0.05, 0.06] + [None] * 6
    everybody = lab.run(lab.cascade(half_fail, late=1.0))
    assert [t.evaluation is not None for t in everybody] == [True] * 6 + [False] * 6


def test_where_all_fail_nobody_goes_on(lab: Lab):
    told = lab.run(lab.cascade(lambda job, seed: None, rungs=RUNGS))
    assert lab.jobs == {"small": 12}
    assert [(t.outcome, t.evaluation) for t in told] == [(p, None) for p in lab.programs]
    assert [len(event.payload["promoted"]) for event in lab.database.events("promotion")] == [0, 0]


def test_a_failure_at_the_full_rung_is_told(lab: Lab):
    told = lab.run(lab.cascade(lambda job, seed: None if job.rung == "full" else q(job, seed), late=0.0))
    assert [(t.evaluation is not None, t.score) for t in told[8:]] == [(True, None)] * 4


def test_what_is_no_program_is_told_and_not_trained(lab: Lab):
    nothing = Failed(operator="mutate", reason="nothing was proposed")
    told = lab.run(lab.cascade(q, late=0.0), [nothing, lab.programs[0], nothing])
    assert [t.score for t in told] == [None, 0.01, None]
    assert lab.jobs == {"small": 1, "full": 1}


def test_a_repeat_is_trained_at_the_full_rung_at_once_and_competes_with_nobody(lab: Lab):
    cascade = lab.cascade(q, late=0.0)
    [first, second] = lab.programs[:2]
    lab.run(cascade, [first])
    wave = (Variation(operator=REPEAT, parents=(first,)), *[Variation(operator="mutate")] * 3)
    begun = cascade.begin(1, wave, [first, *lab.programs[1:4]])
    [told] = climb(cascade, [begun])
    again = [(job.rung, job.seeds) for job in lab.workers.jobs if job.graph == first.graph]
    assert again == [("small", SEEDS[:2]), ("full", SEEDS[:1]), ("full", SEEDS[1:2])]
    assert [t.score for t in told] == [0.01, None, None, 0.04]
    assert second.key not in {e.key for e in lab.database.evaluations("fake", Phase.SEARCH, "full")}
    assert cascade.promoted == 1 + 1


@pytest.mark.parametrize("rungs", [TWO, RUNGS])
def test_the_order_in_which_trainings_end_changes_nothing(tmp_path: Path, rungs: tuple[Rung, ...]):
    def arbitrary(job: TrainJob, seed: int) -> float:
        return (int(job.graph.key[:8], 16) ^ seed ^ hash_of(job.rung)) % 1000 / 1000

    def hash_of(name: str) -> int:
        return sum(name.encode())

    found = []
    for newest_first in (False, True):
        lab = Lab(tmp_path / str(newest_first))
        cascade = lab.cascade(arbitrary, rungs=rungs, newest_first=newest_first, late=0.2)
        halves = [lab.begin(cascade, lab.programs[:7], 0), lab.begin(cascade, lab.programs[7:], 1)]
        told = climb(cascade, halves)
        payloads = [event.payload for event in lab.database.events("promotion")]
        found.append((told, payloads, lab.database.content_hash(), [job.rung for job in lab.workers.jobs]))
        done = [job.graph.key for job in lab.workers.done]
        assert (done == [job.graph.key for job in lab.workers.jobs]) is not newest_first
        lab.database.close()
    assert found[0] == found[1]


def test_the_next_wave_is_queued_before_the_first_is_waited_for(lab: Lab):
    cascade = lab.cascade(q, newest_first=True, late=0.0)
    climbs = [lab.begin(cascade, lab.programs[:6], 0), lab.begin(cascade, lab.programs[6:], 1)]
    cascade.ascend(climbs[0])  # which makes the workers work: the newest first
    assert [job.graph for job in lab.workers.done] == [p.graph for p in reversed(lab.programs)]


def test_other_seeds_draw_other_lots(lab: Lab):
    def late(seed: int, number: int) -> tuple[int, ...]:
        cascade = lab.cascade(q, late=0.5, seed=seed)
        [told] = climb(cascade, [lab.begin(cascade, number=number)])
        return tuple(place for place, t in enumerate(told) if t.evaluation)

    assert late(0, 0) == late(0, 0)
    assert len({late(0, 0), late(2, 0), late(0, 2)}) == 3


@pytest.mark.parametrize(("rungs", "use"), [(RUNGS[2:], True), (RUNGS, False)])
def test_with_one_rung_everything_is_trained_there(lab: Lab, rungs: tuple[Rung, ...], use: bool):
    cascade = lab.cascade(q, rungs=rungs, search=SearchSettings(wave=5), use=use)
    assert (cascade.size, cascade.screens) == (5, False)
    told = lab.run(cascade)
    assert lab.jobs == {"full": 12}
    assert [t.score for t in told] == [number / 100 for number in range(1, 13)]
    assert lab.database.count_events("promotion") == 0


def test_a_program_that_was_trained_before_the_search_keeps_its_trainings(lab: Lab):
    cascade = lab.cascade(q, late=0.0)
    known = lab.programs[11]
    cascade.bench.collect(cascade.bench.submit(known))  # as a reference is, on all seeds
    told = lab.run(cascade)
    assert lab.jobs == {"full": 1 + 3, "small": 12}
    assert told[11].evaluation is not None
    assert [t.seed for t in told[11].evaluation.trainings] == list(SEEDS)


def test_a_program_that_was_screened_out_can_still_be_repeated(lab: Lab):
    cascade = lab.cascade(q, late=0.0)
    lab.run(cascade)
    pending = cascade.bench.submit_again(lab.programs[0])  # the first seed of the full rung, not the second
    assert [t.seed for t in cascade.bench.collect(pending).trainings] == [SEEDS[0]]
    assert isinstance(pending.program, Program)
