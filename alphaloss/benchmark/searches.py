"""What is trained for a comparison: the references of a search seed, and one search of an arm.

The phases are those of a run, on the same seeds for all arms of a search seed. References are trained once: searches
adopt their trainings. No learning rate is tuned.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from alphaloss.authors import choose_authors
from alphaloss.bench import collect_each
from alphaloss.benchmark.folder import CONFIG, FINISHED
from alphaloss.config import Settings, dump_settings
from alphaloss.database import Database
from alphaloss.errors import LlmError
from alphaloss.files import write_file
from alphaloss.initial import InitialLosses
from alphaloss.laboratory import Known, Laboratory
from alphaloss.naming import DATABASE, find_loss
from alphaloss.progress import Progress
from alphaloss.records import Evaluation, Phase, Program
from alphaloss.selection import Ranks
from alphaloss.session import Session
from alphaloss.training import TaskInfo


@dataclass(frozen=True)
class References:
    """Trainings that all searches of a seed share, by program: in the search and in the selection."""

    search: Known
    selection: Known

    @classmethod
    def read(cls, folder: Path) -> References:
        """From the folder where they were trained."""
        with Database.read(folder / DATABASE) as database:
            info = TaskInfo.model_validate(database.events("task")[-1].payload)
            full = info.rungs[-1].name
            search, selection = (
                {e.key: e.trainings for e in database.evaluations(info.name, phase, full)}
                for phase in (Phase.SEARCH, Phase.SELECTION)
            )
        return cls(search, selection)


def train_references(session: Session, settings: Settings, folder: Path) -> None:
    """Trains the zoo as a search does, its best and the reference as a selection and a verdict do.

    Args:
        session: of the task.
        settings: of the references.
        folder: where they are kept.

    Raises:
        SearchFailedError: the reference cannot be trained.
    """
    losses = InitialLosses(session._replace(settings=settings), [])
    with Database.create(folder / DATABASE) as database:
        write_file(folder / CONFIG, dump_settings(settings))
        laboratory = Laboratory(settings, losses, database, session.workers, Progress())
        laboratory.begin()
        scores = laboratory.train_references(laboratory.search_bench(), {})
        found = {p.key: scores.get(p.key) for p in losses.zoo.values()}
        means = {key: -math.inf if score is None else score.mean for key, score in found.items()}
        others = [p for p in losses.zoo.values() if p.key != losses.reference.key]
        finalists = sorted(others, key=lambda p: means[p.key], reverse=True)[: settings.selection.zoo]
        best, _ = _select(laboratory, finalists, {})
        _test(laboratory, [losses.reference, best])
        database.event(FINISHED, {"best_of_zoo": best.key})


def run_search(session: Session, settings: Settings, folder: Path, known: References, progress: Progress) -> None:
    """One search of an arm: on its budget, then its best programs on new seeds, then the champion on test data.

    Args:
        session: of the task.
        settings: of the search.
        folder: where it is kept.
        known: the references of its seed.
        progress: is told what happens.

    Raises:
        UsageError: a start loss cannot be used.
        LlmError: the language models could not be asked to the end, or their budget did not last: what came of it is
            no fair comparison.
    """
    authors = choose_authors(settings, None, progress)
    losses = InitialLosses(session._replace(settings=settings), [find_loss(name) for name in settings.start])
    with Database.create(folder / DATABASE) as database:
        write_file(folder / CONFIG, dump_settings(settings))
        laboratory = Laboratory(settings, losses, database, session.workers, progress)
        laboratory.begin()
        started = time.monotonic()
        algorithm = laboratory.search(authors, known.search)
        seconds = time.monotonic() - started
        if authors.lost:
            raise LlmError(f"{authors.lost} The search in `{folder}` is begun anew when the command is run again.")
        if authors.spent:
            raise LlmError(
                f"{authors.spent} The search in `{folder}` was not over, so it cannot be compared. Raise or drop the "
                "limit of `llm` and run the command again, which begins it anew."
            )
        finalists = laboratory.finalists(algorithm)
        champion, bound = _select(laboratory, finalists, known.selection) if finalists else (None, -math.inf)
        if champion is not None and bound > -math.inf:
            _test(laboratory, [champion])
            database.event(FINISHED, {"seconds": seconds, "champion_key": champion.key})
        else:
            database.event(FINISHED, {"seconds": seconds, "champion_key": None})


def _select(laboratory: Laboratory, programs: list[Program], known: Known) -> tuple[Program, float]:
    """The best of at least one program on the seeds of the selection, and its lower bound over the reference."""
    settings, reference = laboratory.settings.selection, laboratory.losses.reference
    bench = laboratory.bench(Phase.SELECTION, settings.seeds)
    compared = {p.key: p for p in (reference, *programs)}
    pending = {
        key: bench.adopt(program, known[key]) if key in known else bench.submit(program)
        for key, program in compared.items()
    }
    collected = collect_each(bench, pending.values(), laboratory.progress)
    ranks = Ranks(collected[pending[reference.key]], laboratory.maximize, settings.confidence)
    bounds = [ranks.bound(collected[pending[program.key]]) for program in programs]
    best = int(np.argmax(bounds))
    return programs[best], bounds[best]


def _test(laboratory: Laboratory, programs: list[Program]) -> list[Evaluation]:
    """Opens the test data."""
    count = laboratory.settings.verdict.seeds
    laboratory.database.event("test_opened", {"programs": [p.key for p in programs], "seeds": count})
    bench = laboratory.bench(Phase.VERDICT, count, measure="test")
    pending = [bench.submit(program) for program in programs]
    return list(collect_each(bench, pending, laboratory.progress).values())
