"""The search loop with algorithms that go by generations: a real gate and database, made-up trainings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from algorithms.programs import make_evaluation
from factories import FakeWorkers, make_training

from alphaloss.algorithms import make_algorithm
from alphaloss.bench import Bench
from alphaloss.config import GateSettings, load_settings
from alphaloss.database import Database
from alphaloss.gate import Gate
from alphaloss.losses.zoo import zoo_source
from alphaloss.progress import Progress
from alphaloss.proposers import Context, Made
from alphaloss.records import Candidate, Failed, Phase, Program, Told, Training, Variation
from alphaloss.sandbox import Sandbox
from alphaloss.scores import Scores
from alphaloss.search import Search
from alphaloss.training import TrainJob


class Family:
    """Proposes GCE with another q each time; every fifth time nothing."""

    end = None
    use = None

    def __init__(self) -> None:
        self.asked: list[Variation] = []

    def begin(self, variation: Variation, context: Context) -> Made:
        self.asked.append(variation)
        number = len(self.asked)
        if number % 5 == 0:
            return Made(Failed(operator=variation.operator, reason="nothing was proposed"))
        source = zoo_source("gce").replace("q=0.7", f"q={0.1 + number / 50}")
        return Made([Candidate(source=source, operator=variation.operator)])

    def learn(self, told: Sequence[Told], scores: Scores) -> None:
        """Nothing."""


class LastWord(Progress):
    """Keeps the reason for which a search ended."""

    reason = ""

    def ended(self, reason: str) -> None:
        self.reason = reason


def score_is_q(job: TrainJob, seed: int) -> Training:
    return make_training(job, seed, job.graph.constants["q"])


@pytest.mark.parametrize(
    ("options", "operators", "reason"),
    [
        (
            ("algorithm=sample-tournament", "sample_tournament.population=4", "sample_tournament.generations=3"),
            # The fifth and the tenth give nothing: 4 members, then 1 child a generation, the first newly generated.
            ["init"] * 4 + ["crossover", "random"] + ["crossover"] * 2,
            "all 3 generations are done",
        ),
        (
            ("algorithm=ngl", "ngl.population=3", "ngl.generations=2"),
            ["init"] * 3 + ["crossover"] * 3 + ["random"] + ["crossover"] * 3 + ["random"],
            "all 2 generations are done",
        ),
        (
            ("algorithm=ngl", "ngl.population=3", "search.evaluations=5"),
            ["init"] * 3 + ["crossover"] * 3,
            "all evaluations are spent",
        ),
    ],
)
def test_a_search_trains_generations_and_ends(
    tmp_path: Path, sandbox: Sandbox, options: tuple[str, ...], operators: list[str], reason: str
):
    settings = load_settings(overrides=[*options, "search.attempts=1", "search.wave=2", "search.lag=3"])
    gate, database = Gate(sandbox, GateSettings()), Database.create(tmp_path / "run.sqlite")
    start = gate.admit(Candidate(source=zoo_source("cross-entropy"), operator="start"))
    assert isinstance(start, Program)
    scores = Scores(maximize=True)
    scores.add(make_evaluation(start.key, 0.1), reference=True)
    workers, proposer, last_word = FakeWorkers(score_is_q), Family(), LastWord()
    Search(
        settings,
        algorithm=make_algorithm(settings, [start], scores),
        proposer=proposer,
        gate=gate,
        bench=Bench(workers, database, phase=Phase.SEARCH, seeds=(11,), cheaper={}),
        database=database,
        progress=last_word,
    ).run()
    database.close()
    assert [variation.operator for variation in proposer.asked] == operators
    assert len(workers.jobs) == sum(number % 5 > 0 for number in range(1, len(operators) + 1))
    assert last_word.reason == reason
