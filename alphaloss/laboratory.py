"""What the phases of one search have in common: its losses, its database, and who trains.

laboratory.begin()                            # what the search is, into the database
algorithm = laboratory.search(authors)        # the references, and then the search itself
finalists = laboratory.finalists(algorithm)   # whom to train on new seeds
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from alphaloss.algorithms import Algorithm, make_algorithm
from alphaloss.authors import Authors
from alphaloss.bench import Bench, Measure, collect_each
from alphaloss.cascade import levels, search_seeds
from alphaloss.config import Settings
from alphaloss.database import Database
from alphaloss.environment import environment
from alphaloss.errors import SearchFailedError
from alphaloss.files import file_hash
from alphaloss.initial import InitialLosses
from alphaloss.losses.zoo import REFERENCES
from alphaloss.progress import Progress
from alphaloss.records import Evaluation, Phase, Program, Training
from alphaloss.scores import Scores
from alphaloss.search import Search
from alphaloss.seeds import phase_seeds
from alphaloss.selection import distinct
from alphaloss.training import Workers, find_evaluator

Known = Mapping[str, Sequence[Training]]
"""Trainings on the first seeds of a phase, by program."""


@dataclass(frozen=True)
class Laboratory:
    """Where one search takes place.

    Attributes:
        settings: of the search.
        losses: that it begins with and is compared with.
        database: where all is recorded.
        workers: who train.
        progress: is told what happens.
    """

    settings: Settings
    losses: InitialLosses
    database: Database
    workers: Workers
    progress: Progress

    @property
    def maximize(self) -> bool:
        """Whether a larger value of the task's metric is better."""
        return self.workers.info.direction == "max"

    @property
    def references(self) -> Mapping[str, Program]:
        """The start losses and the zoo, by key."""
        return {p.key: p for p in (*self.losses.start, *self.losses.zoo.values())}

    def begin(self) -> None:
        """Records what the search is and what it begins with."""
        database = self.database
        settings = self.settings.model_dump(mode="json")
        files = _used_files(self.settings)
        database.event("run", {"settings": settings, "environment": environment(), "files": files})
        database.event("task", self.workers.info.model_dump(mode="json"))
        for name, program in self.losses.zoo.items():
            database.record_program(program, name)
        for program in self.losses.start:
            database.record_program(program)

    def search(self, authors: Authors, known: Known | None = None) -> Algorithm:
        """Trains the references and searches.

        Args:
            authors: who write losses.
            known: trainings of references that were done elsewhere, on the same seeds.

        Raises:
            SearchFailedError: no start loss could be trained.
        """
        bench = self.search_bench()
        scores = self.train_references(bench, known or {})
        algorithm = make_algorithm(self.settings, self.losses.start, scores)
        with authors.proposer(self.losses, self.workers.info, bench, scores) as proposer:
            Search(
                self.settings,
                algorithm=algorithm,
                proposer=proposer,
                gate=self.losses.gate,
                bench=bench,
                database=self.database,
                progress=self.progress,
            ).run()
        return algorithm

    def search_bench(self) -> Bench:
        """Trains on the seeds of the search, at all rungs that it uses."""
        seeds = search_seeds(self.settings, levels(self.settings, self.workers.info.rungs))
        return self._bench(Phase.SEARCH, seeds.full, cheaper=seeds.cheaper)

    def bench(self, phase: Phase, count: int, *, measure: Measure = "validation") -> Bench:
        """Trains on the first seeds of a later phase, at the full rung."""
        return self._bench(phase, phase_seeds(self.settings.seed, phase, count), measure=measure)

    def train_references(self, bench: Bench, known: Known) -> Scores:
        """Trains the zoo and the start losses on the seeds of the search; what they show of the noise is used there.

        Raises:
            SearchFailedError: no start loss could be trained.
        """
        references = self.references
        seeds = self.settings.search.reference_seeds
        self.progress.start(f"  the references first: {len(references)} losses on {seeds} seeds")
        pending = {
            key: bench.adopt(program, known[key]) if key in known else bench.submit(program, seeds=seeds)
            for key, program in references.items()
        }
        collected = collect_each(bench, pending.values(), self.progress)
        evaluations = {key: collected[fit] for key, fit in pending.items()}
        scores = Scores(maximize=self.maximize)
        for evaluation in evaluations.values():
            scores.add(evaluation, reference=True)
        if all(scores.get(p.key) is None for p in self.losses.start):
            raise SearchFailedError(
                _could_not_train(evaluations[self.losses.start[0].key], REFERENCES[self.workers.info.target])
            )
        return scores

    def finalists(self, algorithm: Algorithm) -> list[Program]:
        """The best programs of a search that behave differently, without start losses; simplified, the best first."""
        settings = self.settings.selection
        start = {p.key for p in self.losses.start}
        best = algorithm.best(self.settings.search.evaluations + len(start))
        found = distinct([p for p in best if p.key not in start], settings.distinct)[: settings.programs]
        return [self.losses.simplified(program, self.database) for program in found]

    def _bench(
        self,
        phase: Phase,
        seeds: Sequence[int],
        *,
        cheaper: Mapping[str, Sequence[int]] | None = None,
        measure: Measure = "validation",
    ) -> Bench:
        return Bench(
            self.workers,
            self.database,
            phase=phase,
            seeds=seeds,
            cheaper=cheaper,
            measure=measure,
            parts=1 if phase is Phase.SEARCH else 2,
            reference=self.losses.reference.graph,
        )


def _used_files(settings: Settings) -> dict[str, JsonValue]:
    """Hashes of the evaluator's file and of those of start losses, by absolute path; not of what these import."""
    files = [find_evaluator(settings.evaluator.name), *(path for path in map(Path, settings.start) if path.is_file())]
    return {str(path.absolute()): file_hash(path) for path in files}


def _could_not_train(evaluation: Evaluation, reference: str) -> str:
    messages = [t.message for t in evaluation.trainings if t.message]
    return (
        f"Each start loss failed on a seed of this task: {messages[0] if messages else 'training diverged.'} "
        f"Try the evaluator alone: `alphaloss evaluate {reference} --evaluator ...`."
    )
