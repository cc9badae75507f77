"""From the databases of finished searches to records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from alphaloss.benchmark.folder import CONFIG, FINISHED
from alphaloss.benchmark.results import Point, ReferenceOutcome, SearchOutcome, Spent
from alphaloss.cascade import levels
from alphaloss.config import Settings, load_settings
from alphaloss.database import Database
from alphaloss.losses.zoo import REFERENCES
from alphaloss.naming import DATABASE
from alphaloss.records import Evaluation, Phase, Program
from alphaloss.scores import Scores
from alphaloss.statistics import orient
from alphaloss.training import TaskInfo
from alphaloss.verdict import BEST_OF_ZOO, early_stopped

INITIAL = "init"
"""How the operators of the first generation's candidates begin."""

_LATER = (Phase.SELECTION, Phase.VERDICT)
_NOTHING = Spent(evaluations=0, trainings=0, training_seconds=0.0)


@dataclass(frozen=True)
class Opened:
    """The database of a search, and what is always asked of it."""

    database: Database
    info: TaskInfo

    @property
    def maximize(self) -> bool:
        """Whether a larger value of the metric is better."""
        return self.info.direction == "max"

    def evaluations(self, phase: Phase, key: str | None = None) -> list[Evaluation]:
        """Of a phase at the full rung, of all programs or one."""
        measure = "test" if phase is Phase.VERDICT else "validation"
        return self.database.evaluations(self.info.name, phase, self.info.rungs[-1].name, measure=measure, key=key)

    def score(self, phase: Phase, key: str) -> float | None:
        """Mean over the phase's seeds, on test data in the verdict; None if a training failed."""
        [evaluation] = self.evaluations(phase, key)
        scores = evaluation.test_scores if phase is Phase.VERDICT else evaluation.scores
        return float(np.mean(scores)) if scores else None


@contextmanager
def opened(folder: Path) -> Iterator[Opened]:
    """The search in a folder, for reading."""
    with Database.read(folder / DATABASE) as database:
        yield Opened(database, TaskInfo.model_validate(database.events("task")[-1].payload))


def read_references(folder: Path, seed: int) -> list[ReferenceOutcome]:
    """The reference as trained, the reference stopped early, and the best of the zoo."""
    with opened(folder) as found:
        named = found.database.named_programs()
        names = {program.key: name for name, program in named.items()}
        scores = Scores(maximize=found.maximize)
        for evaluation in found.evaluations(Phase.SEARCH):
            scores.add(evaluation, reference=True)

        def line(loss: str, key: str) -> ReferenceOutcome:
            known = scores.get(key)
            return ReferenceOutcome(
                seed=seed,
                loss=loss,
                search=None if known is None else float(orient([known.mean], found.maximize)[0]),
                selection=found.score(Phase.SELECTION, key),
                test=found.score(Phase.VERDICT, key),
            )

        name = REFERENCES[found.info.target]
        reference = line(name, named[name].key)
        tests = [t.test for e in found.evaluations(Phase.VERDICT, named[name].key) for t in e.trainings]
        early = [test.early_score for test in tests if test is not None]
        stopped = ReferenceOutcome(
            seed=seed,
            loss=early_stopped(name),
            search=None,
            selection=None,  # on the data that stopped it, a score is no evidence
            test=float(np.mean(early)) if len(early) == len(tests) else None,
        )
        best = str(found.database.events(FINISHED)[-1].payload["best_of_zoo"])
        return [reference, stopped, line(f"{BEST_OF_ZOO} ({names[best]})", best)]


def best_of_zoo_in_search(folder: Path) -> float | None:
    """The best search score of a loss of the zoo, the reference aside."""
    with opened(folder) as found:
        scores = Scores(maximize=found.maximize)
        for evaluation in found.evaluations(Phase.SEARCH):
            scores.add(evaluation, reference=True)
        reference = REFERENCES[found.info.target]
        others = [p.key for name, p in found.database.named_programs().items() if name != reference]
        means = [score.mean for key in others if (score := scores.get(key)) is not None]
        return float(orient([max(means)], found.maximize)[0]) if means else None


def read_search(folder: Path, seed: int, targets: Sequence[float | None], fallback: ReferenceOutcome) -> SearchOutcome:
    """One search of an arm.

    Args:
        folder: of the search.
        seed: of the search.
        targets: search scores whose reaching is timed.
        fallback: the reference, which counts where there is no champion, or the champion fails on a seed.
    """
    with opened(folder) as found:
        database = found.database
        finished = database.events(FINISHED)[-1].payload
        curve = _curve(found)
        champion = _champion(found, finished["champion_key"])
        selection, test = fallback.selection, fallback.test
        if champion is not None:
            selection = found.score(Phase.SELECTION, champion.key)
            test = found.score(Phase.VERDICT, champion.key)
        return SearchOutcome(
            seed=seed,
            failed=finished["champion_key"] is not None and champion is None,
            ended=str(database.events("search_ended")[-1].payload["reason"]),
            champion=champion.id if champion else None,
            source=champion.source if champion else None,
            operations=champion.graph.size if champion else None,
            selection=selection,
            test=test,
            spent=curve[-1].spent if curve else _NOTHING,
            initial=_initial(found, load_settings(folder / CONFIG)),
            wall_seconds=float(str(finished["seconds"])),
            outcomes=database.outcome_counts(),
            targets=tuple(targets),
            reached=tuple(_reached(curve, target, found.maximize) for target in targets),
            curve=curve,
        )


def read_spent(folder: Path) -> Spent:
    """What a finished search took."""
    with opened(folder) as found:
        curve = _curve(found)
        return curve[-1].spent if curve else _NOTHING


def read_reference_cost(folder: Path) -> Spent:
    """What the references took, in all phases."""
    with opened(folder) as found:
        return _cost([e for phase in (Phase.SEARCH, *_LATER) for e in found.evaluations(phase)])


def read_final(folder: Path, references: Path) -> Spent:
    """What a search took in selection and test, without what it adopted: a champion may be a loss of the zoo.

    Args:
        folder: of the search.
        references: folder of what it is compared with.
    """
    with opened(references) as known:
        adopted = {evaluation.key for evaluation in known.evaluations(Phase.SELECTION)}
    with opened(folder) as found:
        selected = [e for e in found.evaluations(Phase.SELECTION) if e.key not in adopted]
        return _cost([*selected, *found.evaluations(Phase.VERDICT)])


def _champion(found: Opened, key: Any) -> Program | None:
    """The champion, unless there is none, or it fails on a seed of the test."""
    if key is None or found.score(Phase.VERDICT, key) is None:
        return None
    return found.database.find_program(key)


def _curve(found: Opened) -> tuple[Point, ...]:
    """From the waves that were told, in their order."""
    waves = [event.payload for event in found.database.events("wave")]
    totals = [
        list(accumulate(wave[name] for wave in waves)) for name in ("evaluations", "trainings", "training_seconds")
    ]
    return tuple(
        Point(
            spent=Spent(evaluations=evaluations, trainings=trainings, training_seconds=seconds),
            best=None if wave["found"] is None else float(orient([wave["found"]], found.maximize)[0]),
        )
        for wave, evaluations, trainings, seconds in zip(waves, *totals, strict=True)
    )


def _initial(found: Opened, settings: Settings) -> Spent:
    """What the programs of the first generation took, further trainings of one not counted.

    One that is a loss of the zoo took nothing.
    """
    adopted = {program.key for program in found.database.named_programs().values()}
    programs = (entry.outcome for entry in found.database.entries() if isinstance(entry.outcome, Program))
    keys = {p.key for p in programs if p.candidate.operator.split(".")[0] == INITIAL}
    first = [
        e.model_copy(update={"trainings": e.trainings[: level.seeds]})
        for level in levels(settings, found.info.rungs)
        for e in found.database.evaluations(found.info.name, Phase.SEARCH, level.rung.name)
        if e.key in keys - adopted
    ]
    return _cost(first).model_copy(update={"evaluations": len(keys)})


def _cost(evaluations: Sequence[Evaluation]) -> Spent:
    """Of some trainings, whatever they are for."""
    trainings = [training for evaluation in evaluations for training in evaluation.trainings]
    return Spent(evaluations=0, trainings=len(trainings), training_seconds=sum(t.seconds for t in trainings))


def _reached(curve: Sequence[Point], target: float | None, maximize: bool) -> Spent | None:
    """What was spent when the best was as good as the target."""
    if target is None:
        return None
    for point in curve:
        if point.best is not None and orient([point.best], maximize)[0] >= orient([target], maximize)[0]:
            return point.spent
    return None
