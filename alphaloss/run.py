"""A whole run: search, selection, verdict, and the files that it leaves."""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from alphaloss.algorithms import Algorithm, make_algorithm
from alphaloss.authors import Authors, choose_authors
from alphaloss.bench import Bench, Measure, collect_each
from alphaloss.cascade import expected, levels, search_seeds
from alphaloss.config import Settings, dump_settings
from alphaloss.database import Database
from alphaloss.environment import environment
from alphaloss.errors import LlmError, SearchFailedError
from alphaloss.files import write_file
from alphaloss.folder import check_folder
from alphaloss.initial import InitialLosses
from alphaloss.losses.export import export_keras
from alphaloss.losses.zoo import REFERENCES
from alphaloss.naming import DATABASE, find_loss
from alphaloss.progress import Cost, Progress, rung_seconds
from alphaloss.records import Evaluation, Phase
from alphaloss.result import Result, summarise
from alphaloss.scores import Scores
from alphaloss.search import Search
from alphaloss.seeds import phase_seeds
from alphaloss.selection import Selection, distinct, select
from alphaloss.session import open_session
from alphaloss.statistics import orient
from alphaloss.training import TaskInfo, Workers
from alphaloss.verdict import Verdict, judge
from alphaloss.wording import number


def evolve(settings: Settings, folder: Path, *, workers: int, progress: Progress, replay: Path | None = None) -> Result:
    """Searches for a better loss, selects a champion and judges it.

    Args:
        settings: of the run.
        folder: where the run is kept; must not hold a run yet.
        workers: training processes; the result does not depend on it.
        progress: is told what happens.
        replay: folder of a run whose language models are not asked again: their recorded answers are given.

    Raises:
        UsageError: the folder holds a run, or the evaluator or a start loss cannot be used; or the run that is
            replayed asked something else.
        LlmError: no language model can be reached, or all refuse, and nothing was found before.
        SearchFailedError: no program could be trained.
        InfrastructureError: workers or database failed.
    """
    started = time.monotonic()
    check_folder(folder)
    start = [find_loss(name) for name in settings.start]  # a wrong name is told before anything slow begins
    authors = choose_authors(settings, replay, progress)
    with open_session(settings, workers, progress) as session:
        authors.check(session.workers.info)
        losses = InitialLosses(session, start)
        with Database.create(folder / DATABASE) as database:
            return _Run(settings, folder, database, losses, session.workers, progress, authors, started).execute()


class _Run:
    """One run in progress: what its phases share."""

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        database: Database,
        losses: InitialLosses,
        workers: Workers,
        progress: Progress,
        authors: Authors,
        started: float,
    ) -> None:
        self.settings = settings
        self.folder = folder
        self.database = database
        self.losses = losses
        self.workers = workers
        self.progress = progress
        self.authors = authors
        self.started = started
        self.ready = time.monotonic()
        self.maximize = workers.info.direction == "max"

    def execute(self) -> Result:
        """The three phases, one after the other."""
        write_file(self.folder / "config.yaml", dump_settings(self.settings))
        self.database.event("run", {"settings": self.settings.model_dump(mode="json"), "environment": environment()})
        self.database.event("task", self.workers.info.model_dump(mode="json"))
        for name, program in self.losses.zoo.items():
            self.database.record_program(program, name)
        for program in self.losses.start:
            self.database.record_program(program)
        self.progress.expect(self._cost())
        algorithm, search = self._search()
        selection = self._select(algorithm, search)
        verdict = self._judge(selection)
        result = summarise(
            self.database,
            folder=self.folder,
            seconds=time.monotonic() - self.started,
            workers_busy=self.workers.busy_seconds / (self.workers.count * (time.monotonic() - self.ready)),
            info=self.workers.info,
            zoo=self.losses.zoo,
            selection=selection,
            verdict=verdict,
        ).model_copy(update={"llm": self.authors.result(self.database)})
        self.database.event("result", {"champion_key": selection.champion.key, **json.loads(result.to_json())})
        write_file(self.folder / "best_loss.py", self._export(result))
        return result

    def _search(self) -> tuple[Algorithm, Mapping[str, Evaluation]]:
        """The first phase; returns the algorithm and the search evaluations by key."""
        self.progress.phase(Phase.SEARCH, self._cost().trainings[Phase.SEARCH])
        seeds = search_seeds(self.settings, levels(self.settings, self.workers.info.rungs))
        bench = self._bench(Phase.SEARCH, seeds.full, cheaper=seeds.cheaper)
        scores = self._train_references(bench)
        algorithm = make_algorithm(self.settings, self.losses.start, scores)
        with self.authors.proposer(self.losses, self.workers.info, bench, scores) as proposer:
            Search(
                self.settings,
                algorithm=algorithm,
                proposer=proposer,
                gate=self.losses.gate,
                bench=bench,
                database=self.database,
                progress=self.progress,
            ).run()
        return algorithm, {e.key: e for e in self.database.evaluations(bench.task, Phase.SEARCH, bench.rung)}

    def _train_references(self, bench: Bench) -> Scores:
        """Trains the zoo and the start losses on the seeds of the search; what they show of the noise is used there.

        Raises:
            SearchFailedError: no start loss could be trained.
        """
        references = {p.key: p for p in (*self.losses.start, *self.losses.zoo.values())}
        seeds = self.settings.search.reference_seeds
        self.progress.start(f"  the references first: {len(references)} losses on {seeds} seeds")
        pending = {key: bench.submit(program, seeds=seeds) for key, program in references.items()}
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

    def _cost(self) -> Cost:
        """What the run is expected to take."""
        selection, verdict = self.settings.selection, self.settings.verdict
        references = len({p.key for p in (*self.losses.start, *self.losses.zoo.values())})
        compared = selection.programs + selection.zoo + 1 + len(selection.learning_rates)
        rungs, epoch_seconds = self.workers.info.rungs, self.workers.epoch_seconds
        each = {rung.name: rung_seconds(rung, rungs[-1], epoch_seconds) for rung in rungs}
        trainings = {
            Phase.SEARCH: references * self.settings.search.reference_seeds,
            Phase.SELECTION: compared * selection.seeds,
            Phase.VERDICT: 4 * verdict.seeds,
        }
        seconds = {phase: count * each[rungs[-1].name] for phase, count in trainings.items()}
        climbed = levels(self.settings, rungs)
        searched, took = expected(self.settings, climbed, epoch_seconds=epoch_seconds, workers=self.workers.count)
        trainings[Phase.SEARCH] += searched
        seconds[Phase.SEARCH] += took
        return Cost(trainings=trainings, seconds=seconds, each=each, workers=self.workers.count)

    def _select(self, algorithm: Algorithm, search: Mapping[str, Evaluation]) -> Selection:
        settings = self.settings.selection
        start = {p.key for p in self.losses.start}
        best = algorithm.best(self.settings.search.evaluations + len(start))
        finalists = distinct([p for p in best if p.key not in start], settings.distinct)[: settings.programs]
        if not finalists and self.authors.lost:
            raise LlmError(f"{self.authors.lost} No program was found before.")
        if not finalists:
            raise SearchFailedError(_nothing_worked(self.database, self.workers.info))
        finalists = [self.losses.simplified(program, self.database) for program in finalists]
        by_score = sorted(self.losses.zoo.values(), key=lambda p: self._rank(search[p.key]), reverse=True)
        zoo = [p for p in by_score if p.key != self.losses.reference.key][: settings.zoo]
        return select(
            settings,
            self._bench(Phase.SELECTION, phase_seeds(self.settings.seed, Phase.SELECTION, settings.seeds)),
            finalists=finalists,
            zoo=zoo,
            reference=self.losses.reference,
            progress=self.progress,
        )

    def _judge(self, selection: Selection) -> Verdict:
        settings = self.settings.verdict
        self.database.event("test_opened", {"champion": selection.champion.key, "seeds": settings.seeds})
        return judge(
            settings,
            self._bench(Phase.VERDICT, phase_seeds(self.settings.seed, Phase.VERDICT, settings.seeds), measure="test"),
            champion=selection.champion,
            best_of_zoo=selection.best_of_zoo,
            reference=self.losses.reference,
            learning_rate_scale=selection.learning_rate_scale,
            progress=self.progress,
        )

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

    def _rank(self, evaluation: Evaluation) -> float:
        return float(np.mean(orient(evaluation.scores, self.maximize))) if evaluation.scores else -math.inf

    def _export(self, result: Result) -> str:
        champion = result.champion
        scores = ", ".join(
            f"{line.name or 'this loss'} {number(line.test)}" for line in result.table if line.test is not None
        )
        return export_keras(
            champion.graph,
            heading=(
                f"A loss for {result.task}, found by alphaloss (program {champion.id}).\n\n"
                f"Test {result.test_metric}: {scores}."
            ),
            gradient_scale=champion.gradient_scale,
            class_prior=self.workers.info.class_prior,
        )


def _could_not_train(evaluation: Evaluation, reference: str) -> str:
    messages = [t.message for t in evaluation.trainings if t.message]
    return (
        f"Each start loss failed on a seed of this task: {messages[0] if messages else 'training diverged.'} "
        f"Try the evaluator alone: `alphaloss evaluate {reference} --evaluator ...`."
    )


def _nothing_worked(database: Database, info: TaskInfo) -> str:
    if programs := database.outcome_counts().get("program", 0):
        messages = Counter(
            training.message or training.status.value
            for rung in info.rungs
            for evaluation in database.evaluations(info.name, Phase.SEARCH, rung.name)
            for training in evaluation.trainings
            if training.score is None
        )
        often = "".join(f" ({count} trainings: {message})" for message, count in messages.most_common(1))
        return (
            f"None of the {programs} programs of the search could be trained to the end{often}. `alphaloss show RUN "
            "ID` has each one's reasons; try the evaluator alone: `alphaloss evaluate "
            f"{REFERENCES[info.target]} --evaluator ...`."
        )
    reasons = database.rejection_counts()
    if not reasons:
        return "The search trained no program: no candidate was admitted. Raise --evaluations."
    code, count = next(iter(reasons.items()))
    return (
        f"The search trained no program: {sum(reasons.values())} candidates were rejected, most often for {code} "
        f"({count} times). `alphaloss show RUN --rejections` lists them."
    )
