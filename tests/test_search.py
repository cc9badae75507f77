from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from factories import FakeWorkers, make_told, make_training

from alphaloss.algorithms import Algorithm, Wave, make_algorithm
from alphaloss.algorithms.base import Individual, Newcomer
from alphaloss.bench import Bench
from alphaloss.config import GateSettings, IslandSettings, SearchSettings, Settings
from alphaloss.database import Database
from alphaloss.errors import InfrastructureError
from alphaloss.gate import Gate
from alphaloss.losses.zoo import zoo_source
from alphaloss.progress import Progress, SearchState
from alphaloss.proposers import Context, Made, OfflineProposer, Proposer
from alphaloss.records import (
    REPEAT,
    Candidate,
    Code,
    Duplicate,
    Evaluation,
    Failed,
    Outcome,
    Phase,
    Program,
    Rejection,
    Status,
    Told,
    Training,
    Variation,
)
from alphaloss.sandbox import Sandbox
from alphaloss.scores import Scores
from alphaloss.search import Search
from alphaloss.training import Rung, TrainJob

NOTHING = ""  # the operator does not apply
BROKEN = "def loss(y_pred): return y_pred"
GOOD = [round(0.2 + 0.02 * i, 2) for i in range(40)]  # each q below is another loss


def gce(q: float) -> str:
    return zoo_source("gce").replace("q=0.7", f"q={q}")


class ScriptedProposer:
    """Gives the sources of a queue, one a call; when they run out, nothing."""

    end = None
    use = None

    def __init__(self, sources: Iterable[str]) -> None:
        self.queue = deque(sources)
        self.asked: list[Variation] = []
        self.draws: list[float] = []
        self.learnt: list[Told] = []

    def begin(self, variation: Variation, context: Context) -> Made:
        self.asked.append(variation)
        self.draws.append(context.rng.random())
        source = self.queue.popleft() if self.queue else NOTHING
        if source:
            return Made([Candidate(source=source, operator=variation.operator)])
        parents = tuple(parent.key for parent in variation.parents)
        return Made(Failed(operator=variation.operator, parents=parents, reason="nothing was proposed"))

    def learn(self, told: Sequence[Told], scores: Scores) -> None:
        assert all(scores.get(t.outcome.key) for t in told if t.score is not None)
        self.learnt += told


class Witness(Algorithm):
    """Asks for mutations of the start loss, and writes down what it was asked and told."""

    def __init__(self, start: Program, lag: int, repeats: Sequence[int] = ()) -> None:
        scores = Scores(maximize=True)
        known = make_told(start, 0.1).evaluation
        assert known is not None
        scores.add(known)
        super().__init__([start], scores, seed=0, lag=lag, most_seeds=4)
        self.repeats = repeats  # the waves that train the best again
        self.calls: list[str] = []
        self.told: list[Told] = []

    def tell(self, wave: Wave, told: Sequence[Told]) -> None:
        self.calls.append(f"tell {len(wave)}")
        self.told += told
        super().tell(wave, told)

    def _ask(self, size: int) -> Iterator[Variation]:
        again = sum(call.startswith("ask") for call in self.calls) in self.repeats
        self.calls.append(f"ask {size}")
        for _ in range(size):
            parent = self.best(1)[0] if again else self.start[0].program
            yield Variation(operator=REPEAT if again else "mutate", parents=(parent,))

    def _tell(self, newcomers: Sequence[Newcomer]) -> None:
        pass

    def _members(self) -> list[Individual]:
        return []

    def _drop(self, individual: Individual) -> None:
        pass


class Diary(Progress):
    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.evaluations: list[Evaluation] = []
        self.waves: list[SearchState] = []
        self.reasons: list[str] = []

    def outcome(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)

    def trained(self, evaluation: Evaluation) -> None:
        self.evaluations.append(evaluation)

    def wave(self, state: SearchState) -> None:
        self.waves.append(state)

    def ended(self, reason: str) -> None:
        self.reasons.append(reason)


def score_is_q(job: TrainJob, seed: int) -> Training:
    return make_training(job, seed, job.graph.constants["q"])


def score_is_arbitrary(job: TrainJob, seed: int) -> Training:
    """Some number that depends on nothing but the loss and the seed."""
    return make_training(job, seed, (int(job.graph.key[:8], 16) ^ seed) % 1000 / 1000)


@dataclass
class Lab:
    """Everything around a search, with a real gate and database."""

    database: Database
    gate: Gate
    start: Program
    workers: FakeWorkers = field(default_factory=lambda: FakeWorkers(score_is_q))
    diary: Diary = field(default_factory=Diary)
    seeds: Sequence[int] = (11,)

    def search(
        self, proposer: Proposer, algorithm: Algorithm | None = None, *, seed: int = 0, **settings: object
    ) -> Search:
        chosen = Settings(seed=seed, search=SearchSettings(**settings))
        self.algorithm = algorithm or Witness(self.start, chosen.search.lag)
        return Search(
            chosen,
            algorithm=self.algorithm,
            proposer=proposer,
            gate=self.gate,
            bench=Bench(self.workers, self.database, phase=Phase.SEARCH, seeds=self.seeds, cheaper={"small": (21,)}),
            database=self.database,
            progress=self.diary,
        )

    def run(self, sources: Iterable[str], **settings: object) -> list[Told]:
        """Searches with a script and a `Witness`; returns what the algorithm was told."""
        self.search(ScriptedProposer(sources), **settings).run()
        return self.algorithm.told

    @property
    def outcomes(self) -> list[Outcome]:
        return [entry.outcome for entry in self.database.entries()]


@pytest.fixture
def labs(tmp_path: Path, sandbox: Sandbox) -> Iterator[list[Lab]]:
    """Two of them, which share nothing but the sandbox."""
    found = []
    for name in ("one", "two"):
        gate = Gate(sandbox, GateSettings())
        start = gate.admit(Candidate(source=zoo_source("cross-entropy"), operator="start"))
        assert isinstance(start, Program)
        database = Database.create(tmp_path / name / "run.sqlite")
        database.record_program(start)
        found.append(Lab(database, gate, start))
    yield found
    for lab in found:
        lab.database.close()


@pytest.fixture
def lab(labs: list[Lab]) -> Lab:
    return labs[0]


def test_the_budget_is_spent_exactly(lab: Lab):
    told = lab.run(map(gce, GOOD), evaluations=7, wave=3)
    assert len(lab.workers.jobs) == 7
    assert [t.score for t in told] == GOOD[:7]


def test_rejections_cost_no_budget_and_the_last_wave_is_not_too_long(lab: Lab):
    sources = [BROKEN, gce(0.2), BROKEN, BROKEN, gce(0.3), NOTHING, gce(0.4), gce(0.5)]
    lab.run(sources, evaluations=3, wave=2, attempts=1, lag=0)
    assert len(lab.workers.jobs) == 3
    assert lab.algorithm.calls == ["ask 2", "tell 2", "ask 2", "tell 2", "ask 2", "tell 2", "ask 1", "tell 1"]


def test_without_a_budget_nothing_is_asked(lab: Lab):
    assert lab.run(map(gce, GOOD), evaluations=0) == []
    assert lab.algorithm.calls == []


def test_a_program_that_is_trained_on_several_seeds_at_once_counts_once(lab: Lab):
    lab.seeds = (11, 12, 13)
    lab.run(map(gce, GOOD), evaluations=2, seeds=2)
    assert [job.seeds for job in lab.workers.jobs] == [(11, 12)] * 2
    assert [len(e.trainings) for e in lab.database.evaluations("fake", Phase.SEARCH, "full")] == [2, 2]


def test_a_repeat_trains_on_the_next_seed_counts_and_makes_no_program(lab: Lab):
    lab.seeds = (11, 12, 13)
    lab.workers = FakeWorkers(lambda job, seed: make_training(job, seed, job.graph.constants["q"] + (seed - 11) / 100))
    witness = Witness(lab.start, lag=0, repeats=(1, 2))
    search = lab.search(ScriptedProposer(map(gce, GOOD)), witness, evaluations=4, wave=1, lag=0)
    search.run()
    assert [job.seeds for job in lab.workers.jobs] == [(11,), (12,), (13,), (11,)]
    assert [type(o) for o in lab.outcomes] == [Program, Program]
    [first, _] = lab.database.evaluations("fake", Phase.SEARCH, "full")
    assert [t.score for t in first.trainings] == pytest.approx([0.2, 0.21, 0.22])
    assert [t.score for t in witness.told] == pytest.approx([0.2, 0.21, 0.22, 0.22])  # of the new trainings alone
    score = witness.scores.get(first.key)
    assert score is not None
    assert (score.mean, score.seeds) == (pytest.approx(0.21), 3)
    assert [event.payload["key"] for event in lab.database.events("repeat")] == [first.key] * 2
    assert search.programs == 2


def test_a_program_cannot_be_trained_on_more_seeds_than_the_phase_has(lab: Lab):
    bench = Bench(lab.workers, lab.database, phase=Phase.SEARCH, seeds=(11, 12))
    bench.submit(lab.start, seeds=1)
    bench.submit_again(lab.start)
    with pytest.raises(ValueError, match=r"Program \w{10} has been trained on all 2 seeds"):
        bench.submit_again(lab.start)


def test_the_proposer_learns_what_the_algorithm_was_told(lab: Lab):
    proposer = ScriptedProposer([gce(0.2), BROKEN, gce(0.3)])
    lab.search(proposer, evaluations=2, wave=2, attempts=1, lag=0).run()
    assert proposer.learnt == lab.algorithm.told
    assert [type(t.outcome) for t in proposer.learnt] == [Program, Rejection, Program]


def test_patience_ends_a_search_that_gets_no_better(lab: Lab):
    lab.run(map(gce, (0.2, 0.9, 0.3, 0.4, 0.5, 0.6, 0.7)), evaluations=7, wave=1, lag=0, patience=3)
    assert len(lab.workers.jobs) == 5
    assert lab.diary.reasons == ["3 evaluations in a row brought no better best"]


def test_training_seconds_end_a_search(lab: Lab):
    lab.run(map(gce, GOOD), evaluations=20, wave=1, lag=0, training_seconds=1.5)  # each takes half a second
    assert len(lab.workers.jobs) == 3
    assert lab.diary.reasons == ["1.5 seconds of training are spent"]


@pytest.mark.parametrize(
    ("lag", "calls"),
    [
        (0, "ask tell ask tell ask tell ask tell"),
        (1, "ask ask tell ask tell ask tell tell"),
        (2, "ask ask ask tell ask tell tell tell"),
    ],
)
def test_as_many_waves_are_in_training_as_the_lag_allows(lab: Lab, lag: int, calls: str):
    lab.run(map(gce, GOOD), evaluations=8, wave=2, lag=lag)
    assert [call.split()[0] for call in lab.algorithm.calls] == calls.split()


def test_the_next_wave_is_in_training_before_the_first_is_waited_for(lab: Lab):
    lab.workers = FakeWorkers(score_is_q, newest_first=True)
    told = lab.run(map(gce, GOOD), evaluations=4, wave=2, lag=1)
    assert [job.graph.constants["q"] for job in lab.workers.done] == GOOD[3::-1]
    assert [t.score for t in told] == GOOD[:4]


def test_every_outcome_is_in_the_database_and_the_progress_hears_of_it(lab: Lab):
    lab.run([gce(0.2), NOTHING, zoo_source("cross-entropy"), BROKEN], evaluations=4, wave=4, attempts=1, dead_waves=1)
    found = lab.outcomes
    assert [type(outcome) for outcome in found[:4]] == [Program, Failed, Duplicate, Rejection]
    assert found == lab.diary.outcomes
    assert found[1] == Failed(operator="mutate", parents=(lab.start.key,), reason="nothing was proposed")
    assert isinstance(found[2], Duplicate)
    assert found[2].of == lab.start.key
    assert isinstance(found[3], Rejection)
    assert found[3].code == Code.SOURCE


def test_every_training_is_in_the_database(lab: Lab):
    told = lab.run(map(gce, GOOD), evaluations=3)
    found = lab.database.evaluations("fake", Phase.SEARCH, "full")
    assert [(e.key, e.score) for e in found] == [(t.outcome.key, t.score) for t in told]
    assert found == lab.diary.evaluations


def test_a_variation_is_tried_again_until_a_candidate_is_admitted(lab: Lab):
    sources = [BROKEN, NOTHING, gce(0.2), gce(0.3), BROKEN, gce(0.4)]
    told = lab.run(sources, evaluations=3, wave=3, attempts=5)
    assert [t.score for t in told] == [0.2, 0.3, 0.4]
    places = [(e.wave, e.position, e.attempt, type(e.outcome)) for e in lab.database.entries()]
    assert places == [
        (0, 0, 0, Rejection),
        (0, 0, 1, Failed),
        (0, 0, 2, Program),
        (0, 1, 0, Program),
        (0, 2, 0, Rejection),
        (0, 2, 1, Program),
    ]


def test_after_the_last_attempt_the_algorithm_is_told_the_last_outcome(lab: Lab):
    told = lab.run([BROKEN, BROKEN, NOTHING], evaluations=1, wave=1, attempts=3, dead_waves=1, lag=0)
    assert told == [Told(outcome=lab.outcomes[2])]
    assert len(lab.outcomes) == 3
    assert not lab.workers.jobs


def test_every_attempt_draws_its_own_random_numbers_and_a_seed_always_the_same(lab: Lab):
    def draws(seed: int) -> list[float]:
        proposer = ScriptedProposer([])
        search = lab.search(proposer, seed=seed, evaluations=4, wave=2, attempts=2, dead_waves=2, lag=0)
        search.run()
        return proposer.draws

    assert len(set(draws(1))) == 2 * 2 * 2
    assert draws(1) == draws(1)
    assert not set(draws(1)) & set(draws(2))


def test_barren_waves_end_the_search(lab: Lab):
    told = lab.run([], evaluations=50, wave=2, attempts=1, dead_waves=3, lag=0)
    assert lab.algorithm.calls == ["ask 2", "tell 2"] * 3
    assert len(told) == 6


def test_a_score_starts_the_count_of_barren_waves_again(lab: Lab):
    lab.run([BROKEN, BROKEN, gce(0.2)], evaluations=50, wave=1, attempts=1, dead_waves=3, lag=0)
    assert len(lab.algorithm.calls) == 2 * (2 + 1 + 3)


def test_what_is_in_training_when_the_search_ends_is_still_told(lab: Lab):
    told = lab.run(map(gce, GOOD), evaluations=6, wave=2, lag=2)
    assert len(told) == 6
    assert lab.algorithm.calls.count("tell 2") == 3


def test_a_search_whose_time_is_up_asks_no_more(lab: Lab):
    lab.run(map(gce, GOOD), evaluations=4, minutes=1e-9)
    assert lab.algorithm.calls == []
    assert lab.diary.reasons == ["1e-09 minutes are over"]


def test_a_diverged_training_is_told_without_a_score(lab: Lab):
    def diverge_once(job: TrainJob, seed: int) -> Training:
        q = job.graph.constants["q"]
        return make_training(job, seed, None if q == 0.3 else q)

    lab.workers = FakeWorkers(diverge_once)
    told = lab.run(map(gce, (0.2, 0.3, 0.4)), evaluations=3)
    assert [t.score for t in told] == [0.2, None, 0.4]
    [_, diverged, _] = lab.database.evaluations("fake", Phase.SEARCH, "full")
    assert diverged.trainings[0].status is Status.DIVERGED


def test_a_loss_that_diverges_on_one_seed_has_no_score(lab: Lab):
    lab.seeds = (11, 12)
    lab.workers = FakeWorkers(lambda job, seed: make_training(job, seed, None if seed == 12 else 0.9))
    [told] = lab.run([gce(0.2)], evaluations=1, seeds=2)
    assert told.score is None


def test_trouble_with_the_workers_ends_the_search_and_is_no_result(lab: Lab):
    def die(job: TrainJob, seed: int) -> Training:
        if job.graph.constants["q"] == GOOD[2]:
            raise InfrastructureError("the worker died twice")
        return score_is_q(job, seed)

    lab.workers = FakeWorkers(die)
    with pytest.raises(InfrastructureError, match="died twice"):
        lab.run(map(gce, GOOD), evaluations=6, wave=2)
    assert len(lab.algorithm.told) == 2
    assert len(lab.database.evaluations("fake", Phase.SEARCH, "full")) == 2


def test_the_bench_says_how_a_program_is_trained(lab: Lab):
    lab.run([gce(0.4)], evaluations=1)
    [job], [outcome] = lab.workers.jobs, lab.outcomes
    assert isinstance(outcome, Program)
    assert (job.graph, job.gradient_scale) == (outcome.graph, outcome.gradient_scale)
    assert (job.rung, job.learning_rate_scale, job.measure) == ("full", 1.0, "validation")


@pytest.mark.parametrize(
    ("parts", "sizes"), [(1, [(3, 1, 5, 2, 4)]), (2, [(3, 1, 5), (2, 4)]), (9, [(3,), (1,), (5,), (2,), (4,)])]
)
def test_the_seeds_of_a_loss_can_be_split_into_jobs_and_come_back_in_order(lab: Lab, parts: int, sizes: list):
    workers = FakeWorkers(lambda job, seed: make_training(job, seed, seed / 10), newest_first=True)
    bench = Bench(workers, lab.database, phase=Phase.SELECTION, seeds=(3, 1, 5, 2, 4), parts=parts)
    evaluation = bench.collect(bench.submit(lab.start))
    assert [job.seeds for job in workers.jobs] == sizes
    assert [t.seed for t in evaluation.trainings] == [3, 1, 5, 2, 4]
    assert lab.database.evaluations("fake", Phase.SELECTION, "full") == [evaluation]
    for place, training in enumerate(evaluation.trainings):  # the same again is harmless, in another place an error
        lab.database.record_training(training, task="fake", phase=Phase.SELECTION, place=place)


def test_waves_are_counted_and_logged(lab: Lab):
    lab.run(map(gce, (0.2, 0.4, 0.3)), evaluations=3, wave=1, lag=0)
    assert [(w.waves, w.evaluations, w.programs, w.best) for w in lab.diary.waves] == [
        (1, 1, 1, 0.2),
        (2, 2, 2, 0.4),
        (3, 3, 3, 0.4),
    ]
    assert [event.payload["best"] for event in lab.database.events("wave")] == [0.2, 0.4, 0.4]


def test_a_task_with_cheaper_rungs_is_searched_rung_by_rung(lab: Lab):
    rungs = (Rung(name="small", epochs=1), Rung(name="full", epochs=2))
    lab.workers = FakeWorkers(score_is_q, newest_first=True, rungs=rungs)
    witness = Witness(lab.start, lag=1)
    search = lab.search(ScriptedProposer(map(gce, GOOD)), witness, evaluations=30, lag=1)
    search.run()
    # Waves of 12, 12 and 6: a third of each, and whoever is lucky.
    assert witness.calls == ["ask 12", "ask 12", "tell 12", "ask 6", "tell 12", "tell 6"]
    full = [job.graph.constants["q"] for job in lab.workers.jobs if job.rung == "full"]
    assert set(full) >= {*GOOD[8:12], *GOOD[20:24], *GOOD[28:30]}
    assert len(lab.workers.jobs) == 30 + len(full)
    assert [t.score for t in witness.told] == [q if q in full else None for q in GOOD[:30]]
    assert search.limits.training_seconds == 0.5 * len(lab.workers.jobs)
    assert [(w.evaluations, w.programs) for w in lab.diary.waves] == [(24, 24), (30, 30), (30, 30)]
    assert lab.diary.waves[-1].promoted == len(full)
    assert len(lab.diary.evaluations) == len(lab.workers.jobs)
    assert lab.database.count_events("promotion") == 3


def offline_search(lab: Lab, *, newest_first: bool, seed: int = 0) -> str:
    """A search with the real algorithm and proposer; returns the hash of what it found."""
    lab.workers = FakeWorkers(score_is_arbitrary, newest_first=newest_first)
    lab.seeds = (11, 12, 13, 14)
    settings = Settings(seed=seed, islands=IslandSettings(migration_interval=2))
    scores = Scores(maximize=True)
    bench = Bench(lab.workers, lab.database, phase=Phase.SEARCH, seeds=lab.seeds)
    scores.add(bench.collect(bench.submit(lab.start, seeds=2)), reference=True)
    proposer = OfflineProposer(settings.offline, start=lab.start.graph)
    islands = make_algorithm(settings, [lab.start], scores)
    lab.search(proposer, islands, seed=seed, evaluations=24, wave=3, seeds=1).run()
    assert len(lab.workers.jobs) == 1 + 24
    return lab.database.content_hash()


def test_the_same_seed_finds_the_same_whatever_is_trained_first(labs: list[Lab]):
    one, two = labs
    assert offline_search(one, newest_first=False) == offline_search(two, newest_first=True)
    assert one.workers.done != two.workers.done
    assert one.database.events("wave")[-1].payload == two.database.events("wave")[-1].payload


def test_another_seed_finds_something_else(labs: list[Lab]):
    one, two = labs
    assert offline_search(one, newest_first=False) != offline_search(two, newest_first=False, seed=1)
