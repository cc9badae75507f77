"""Successive halving: who goes on to the next rung, and what the algorithm learns of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from factories import FakeWorkers, make_programs, make_training
from hypothesis import given
from hypothesis import strategies as st

from alphaloss.bench import Bench
from alphaloss.cascade import Cascade, Climb, Screened, expected, kept, levels, promote, search_seeds
from alphaloss.config import CascadeSettings, SearchSettings, Settings
from alphaloss.database import Database
from alphaloss.progress import Progress
from alphaloss.records import REPEAT, Evaluation, Failed, Outcome, Phase, Program, Told, Training, Variation
from alphaloss.seeds import phase_seeds
from alphaloss.training import Rung, TrainJob

RUNGS = (
    Rung(name="small", epochs=2, share=0.25, seeds=2),
    Rung(name="medium", epochs=4),
    Rung(name="full", epochs=8),
)
TWO = (RUNGS[0], RUNGS[2])
SEEDS = (11, 12, 13)  # of the full rung
CHEAPER = {"small": (21, 22), "medium": (31,)}

shares = st.floats(0.01, 1)
scores = st.dictionaries(st.integers(0, 30), st.builds(Screened, st.integers(0, 5).map(float), st.integers(1, 3)))


@given(scores, shares, shares, st.integers(0, 9))
def test_the_promoted_are_the_best_and_some_by_lot(screened, keep, late, seed):
    reasons = promote(screened, keep=keep, late=late, rng=np.random.default_rng(seed))
    assert list(reasons) == sorted(reasons)
    assert set(reasons) <= set(screened)
    ranked = {place for place, why in reasons.items() if why == "rank"}
    assert len(ranked) == kept(keep, len(screened))
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


def test_the_share_that_goes_on_is_rounded_up_but_not_by_floating_dust():
    assert [kept(1 / 3, n) for n in range(1, 8)] == [1, 1, 1, 2, 2, 2, 3]
    assert (kept(0.28, 25), kept(0.1, 30), kept(1.0, 7)) == (7, 3, 7)  # .28 * 25 and .1 * 30 are a little more


def test_the_rungs_of_a_search_their_seeds_and_what_they_are_expected_to_cost():
    cascade = CascadeSettings(keep=0.25, late=0.0, wave=16)
    search = SearchSettings(evaluations=64)
    settings = Settings(cascade=cascade, search=search, algorithm="tournament")
    climbed = levels(settings, RUNGS)
    assert [(level.rung.name, level.seeds, level.reach) for level in climbed] == [
        ("small", 2, 1.0),
        ("medium", 1, 0.25),
        ("full", 1, 0.0625),
    ]
    # 64 programs: 128 trainings of 2 epochs of a quarter of the samples, 16 of 4 epochs, 4 of 8; an epoch takes 3 s.
    assert expected(settings, climbed, epoch_seconds=3.0, workers=2) == (148, 3.0 * (128 * 0.5 + 16 * 4 + 4 * 8))
    [alone] = levels(Settings(cascade=CascadeSettings(use=False)), RUNGS)
    assert (alone.rung.name, alone.reach) == ("full", 1.0)
    several = levels(Settings(search=SearchSettings(seeds=3)), RUNGS)
    assert [level.seeds for level in several] == [2, 1, 3]  # only the full rung's are a setting


def test_what_a_cascade_costs_counts_repeats_at_the_full_rung_and_rounds_by_waves():
    # Of a wave of 12 up to 3 are repeats, at the full rung. Of the 9 others 3 go on, and each of 6 with probability .1.
    settings = Settings(search=SearchSettings(evaluations=120), cascade=CascadeSettings(keep=1 / 3, late=0.1))
    climbed = levels(settings, TWO)
    assert climbed[1].reach == pytest.approx(3.6 / 9)
    trainings, seconds = expected(settings, climbed, epoch_seconds=1.0, workers=2)
    assert trainings == 2 * 90 + 36 + 30
    assert seconds == pytest.approx(2 * 90 * 0.5 + (36 + 30) * 8)
    # Of five 2 go on, and not 5 / 3.
    small = Settings(cascade=CascadeSettings(wave=5, late=0.0), algorithm="random")
    assert levels(small, TWO)[1].reach == pytest.approx(2 / 5)


@pytest.mark.parametrize(
    ("limits", "seconds"),
    [({"training_seconds": 120}, 120), ({"minutes": 1}, 60 * 2), ({"minutes": 5}, 480), ({"trainings": 15}, 15 * 8)],
)
def test_limits_are_counted_in_what_a_search_costs(limits: dict[str, float], seconds: float):
    """60 programs of 8 s are 480 s; on two workers a minute has 120 s of training."""
    settings = Settings(search=SearchSettings(evaluations=60, **limits))
    found = expected(settings, levels(settings, RUNGS[2:]), epoch_seconds=1.0, workers=2)
    assert found == (seconds / 8, seconds)


def test_a_wave_is_three_times_that_of_a_search_without_a_cascade_unless_given(lab: Lab):
    assert lab.cascade(q).size == 12
    assert lab.cascade(q, search=SearchSettings(wave=5)).size == 15
    assert lab.cascade(q, search=SearchSettings(wave=5), wave=7).size == 7


def test_no_seed_is_used_at_two_rungs_and_those_of_the_full_one_do_not_depend_on_the_others():
    settings = Settings(search=SearchSettings(most_seeds=2, reference_seeds=4))
    found = search_seeds(settings, levels(settings, RUNGS))
    assert {rung: len(seeds) for rung, seeds in found.cheaper.items()} == {"small": 2, "medium": 1}
    drawn = [*found.full, *(seed for seeds in found.cheaper.values() for seed in seeds)]
    assert len(set(drawn)) == len(drawn) == 4 + 3
    alone = search_seeds(settings, levels(settings, RUNGS[2:]))
    assert alone == (found.full, {})
    assert found.full == phase_seeds(0, Phase.SEARCH, 4)


def test_trainings_that_were_done_elsewhere_cost_nothing(lab: Lab):
    cascade = lab.cascade(q, rungs=TWO[-1:])
    known, other = lab.programs[:2]
    cascade.bench.adopt(known, [make_training(_job(known), seed, 0.5) for seed in SEEDS[:2]])
    begun = lab.begin(cascade, [known, other])
    told = climb(cascade, [begun])[0]
    assert [answer.evaluation.key for answer in told] == [known.key, other.key]
    assert (cascade.begun, begun.trainings, begun.seconds) == (1, 1, 0.5)
    assert [job.graph.key for job in lab.workers.jobs] == [other.key]


def _job(program: Program) -> TrainJob:
    return TrainJob(graph=program.graph, rung="full", seeds=SEEDS[:1])


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
        bench = Bench(self.workers, self.database, phase=Phase.SEARCH, seeds=SEEDS, cheaper=CHEAPER)
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
    assert [job.seeds for job in lab.workers.jobs] == [(21, 22)] * 12 + [(31,)] * 4 + [(11,)] * 2
    assert all(job.stop_hopeless for job in lab.workers.jobs)


def test_where_it_is_wanted_every_training_goes_on_to_its_end(lab: Lab):
    lab.run(lab.cascade(q, rungs=RUNGS, search=SearchSettings(stop_hopeless=False)))
    assert not any(job.stop_hopeless for job in lab.workers.jobs)


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
        return None if job.rung == "small" and seed == 22 and q(job, seed) > 0.06 else q(job, seed)

    told = lab.run(lab.cascade(half_fail, late=0.0))
    assert [t.score for t in told] == [None] * 4 + [0.05, 0.06] + [None] * 6
    everybody = lab.run(lab.cascade(half_fail, late=1.0))
    assert [t.evaluation is not None for t in everybody] == [True] * 6 + [False] * 6


def test_where_all_fail_nobody_goes_on(lab: Lab):
    told = lab.run(lab.cascade(lambda job, seed: None, rungs=RUNGS))
    assert lab.jobs == {"small": 12}
    assert [(t.outcome, t.evaluation) for t in told] == [(p, None) for p in lab.programs]
    assert [len(event.payload["promoted"]) for event in lab.database.events("promotion")] == [0, 0]


def test_what_is_told_says_how_the_first_rung_went(lab: Lab):
    nothing = Failed(operator="mutate", reason="nothing was proposed")
    told = lab.run(lab.cascade(q, rungs=RUNGS, late=0.0), [nothing, *lab.programs])
    assert told[0].screening is None
    screenings = [t.screening for t in told[1:] if t.screening]
    assert [s.key for s in screenings] == [p.key for p in lab.programs]
    assert {(s.rung, *(t.seed for t in s.trainings)) for s in screenings} == {("small", 21, 22)}
    assert all(t.screening is None for t in lab.run(lab.cascade(q, use=False)))


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
    assert again == [("small", (21, 22)), ("full", (11,)), ("full", (12,))]
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
