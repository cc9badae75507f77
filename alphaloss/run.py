"""A whole run: search, selection, verdict, and the files that it leaves."""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from pathlib import Path

import numpy as np

from alphaloss.algorithms import Algorithm
from alphaloss.authors import Authors, choose_authors
from alphaloss.cascade import expected, levels
from alphaloss.config import Settings, dump_settings
from alphaloss.database import Database
from alphaloss.errors import LlmError, SearchFailedError
from alphaloss.files import write_file
from alphaloss.folder import check_folder
from alphaloss.initial import InitialLosses
from alphaloss.laboratory import Laboratory
from alphaloss.losses.export import export_keras
from alphaloss.losses.zoo import REFERENCES
from alphaloss.naming import DATABASE, find_loss
from alphaloss.progress import Cost, Progress, rung_seconds
from alphaloss.records import Evaluation, Phase
from alphaloss.result import Result, summarise
from alphaloss.selection import Selection, select
from alphaloss.session import open_session
from alphaloss.statistics import orient
from alphaloss.training import TaskInfo
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
        losses = InitialLosses(session, start)
        with Database.create(folder / DATABASE) as database:
            laboratory = Laboratory(settings, losses, database, session.workers, progress)
            return _Run(laboratory, folder, authors, started).execute()


class _Run:
    """One run in progress: what its phases share."""

    def __init__(self, laboratory: Laboratory, folder: Path, authors: Authors, started: float) -> None:
        self.laboratory = laboratory
        self.settings = laboratory.settings
        self.database = laboratory.database
        self.losses = laboratory.losses
        self.workers = laboratory.workers
        self.progress = laboratory.progress
        self.folder = folder
        self.authors = authors
        self.started = started
        self.ready = time.monotonic()

    def execute(self) -> Result:
        """The three phases, one after the other."""
        write_file(self.folder / "config.yaml", dump_settings(self.settings))
        self.laboratory.begin()
        self.progress.expect(self._cost())
        self.progress.phase(Phase.SEARCH, self._cost().trainings[Phase.SEARCH])
        selection = self._select(self.laboratory.search(self.authors))
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

    def _cost(self) -> Cost:
        """What the run is expected to take."""
        selection, verdict = self.settings.selection, self.settings.verdict
        references = len(self.laboratory.references)
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

    def _select(self, algorithm: Algorithm) -> Selection:
        settings = self.settings.selection
        finalists = self.laboratory.finalists(algorithm)
        if not finalists and self.authors.lost:
            raise LlmError(f"{self.authors.lost} No program was found before.")
        if not finalists:
            raise SearchFailedError(_nothing_worked(self.database, self.workers.info))
        info = self.workers.info
        search = {e.key: e for e in self.database.evaluations(info.name, Phase.SEARCH, info.rungs[-1].name)}
        by_score = sorted(self.losses.zoo.values(), key=lambda p: self._rank(search[p.key]), reverse=True)
        zoo = [p for p in by_score if p.key != self.losses.reference.key][: settings.zoo]
        return select(
            settings,
            self.laboratory.bench(Phase.SELECTION, settings.seeds),
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
            self.laboratory.bench(Phase.VERDICT, settings.seeds, measure="test"),
            champion=selection.champion,
            best_of_zoo=selection.best_of_zoo,
            reference=self.losses.reference,
            learning_rate_scale=selection.learning_rate_scale,
            progress=self.progress,
        )

    def _rank(self, evaluation: Evaluation) -> float:
        return float(np.mean(orient(evaluation.scores, self.laboratory.maximize))) if evaluation.scores else -math.inf

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
