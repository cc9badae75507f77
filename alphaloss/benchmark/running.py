"""Runs what is missing of a comparison: each arm's search for each search seed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import numpy as np

from alphaloss.benchmark.folder import clear, is_finished, reference_folder, reference_settings, search_folder
from alphaloss.benchmark.reading import read_spent
from alphaloss.benchmark.searches import References, run_search, train_references
from alphaloss.config import ArmSettings, BenchmarkSettings, Settings
from alphaloss.database.lock import RunLock
from alphaloss.errors import UsageError
from alphaloss.llm.background import run_apart
from alphaloss.llm.ensemble import Ensemble
from alphaloss.losses.zoo import zoo_source
from alphaloss.naming import find_loss
from alphaloss.progress import Progress, SearchState
from alphaloss.session import Session, open_session
from alphaloss.training import find_evaluator
from alphaloss.wording import number

_SILENCE = 60.0  # seconds after which a word on the search is due


Opener = Callable[[Settings, int, Progress], AbstractContextManager[Session]]
"""From settings, a number of workers and whoever is told to a session."""


def run_missing(
    benchmark: BenchmarkSettings,
    folder: Path,
    *,
    workers: int,
    progress: Progress,
    opener: Opener = open_session,
) -> None:
    """Runs all searches that are not finished yet; one that was interrupted begins anew.

    Args:
        benchmark: what is compared.
        folder: where it is kept.
        workers: training processes; results do not depend on it, where the budget is no time.
        progress: is told what happens.
        opener: opens the session of a task.

    Raises:
        UsageError: a finished search was made with other settings; or an evaluator, a start loss, a language model or
            the folder cannot be used.
        LlmError: language models cannot be asked.
        SearchFailedError: a reference cannot be trained.
        InfrastructureError: workers or a database failed.
    """
    with _Sessions(opener, workers, progress) as sessions:
        running = _Running(benchmark, folder, sessions, progress)
        if running.is_complete():
            return  # also where nothing can be written
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = RunLock(folder / "benchmark.lock")
        except OSError as error:
            raise UsageError(
                f"The comparison cannot be kept in `{folder}`: {error.strerror}. Choose another folder."
            ) from None
        try:
            running.execute()
        finally:
            lock.release()


class _Sessions:
    """The session of the task that is trained now; opening another closes it."""

    def __init__(self, opener: Opener, workers: int, progress: Progress) -> None:
        self._opener = opener
        self._workers = workers
        self._progress = progress
        self._key = ""
        self._stack = ExitStack()
        self._session: Session | None = None

    def open(self, settings: Settings) -> Session:
        """Warm workers for these settings' task."""
        key = self.key(settings)
        if self._session is None or key != self._key:
            self._stack.close()
            self._session = self._stack.enter_context(self._opener(settings, self._workers, self._progress))
            self._key = key
        return self._session

    @staticmethod
    def key(settings: Settings) -> str:
        """Equal where a session can be shared."""
        return "\n".join(part.model_dump_json() for part in (settings.evaluator, settings.workers, settings.sandbox))

    def __enter__(self) -> _Sessions:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


class _Running:
    """One call of the command."""

    def __init__(self, benchmark: BenchmarkSettings, folder: Path, sessions: _Sessions, progress: Progress) -> None:
        self.benchmark = benchmark
        self.folder = folder
        self.sessions = sessions
        self.progress = progress
        self.arms = benchmark.all_arms
        self.done = 0

    def is_complete(self) -> bool:
        """Whether all searches are finished.

        Raises:
            UsageError: a finished one contradicts the configuration.
        """
        known = [arm for arm in self.arms if not self._waits(arm)]
        waiting = [arm for arm in self.arms if self._waits(arm)]
        return self._are_finished(known) and self._are_finished(waiting)  # whose budget is what the others took

    def execute(self) -> None:
        """Arms that share workers together, seed by seed; those first whose cost is the budget of others."""
        first = [arm for arm in self.arms if self.benchmark.counts_generations(arm)]
        rest = [arm for arm in self.arms if arm not in first]
        for arm in self.arms:
            _check_names(self._common(arm))  # before anything slow begins
        for arms in (first, rest):
            groups: dict[str, list[ArmSettings]] = {}
            for arm in arms:
                groups.setdefault(self.sessions.key(self._common(arm)), []).append(arm)
            for group in groups.values():
                for place, seed in enumerate(self.benchmark.search_seeds):
                    # Another arm is first each time: a machine that slows down does not always slow the same one.
                    first_arm = place % len(group)
                    for arm in (*group[first_arm:], *group[:first_arm]):
                        self._search(arm, seed)

    def _search(self, arm: ArmSettings, seed: int) -> None:
        self.done += 1
        settings = self._settings(arm, seed)
        where, references = search_folder(self.folder, arm.name, seed), reference_folder(self.folder, settings)
        shared = reference_settings(settings)
        if not is_finished(references, shared):
            clear(references)
            session = self.sessions.open(settings)
            self.progress.start(f"references, seed {seed}")
            train_references(session, shared, references)
        if not is_finished(where, settings):
            clear(where)
            session = self.sessions.open(settings)
            count = len(self.arms) * self.benchmark.seeds
            self.progress.start(f"{arm.name}, seed {seed} (search {self.done} of {count})")
            run_search(session, settings, where, References.read(references), _Words(self.progress))

    def _are_finished(self, arms: Sequence[ArmSettings]) -> bool:
        """Whether all searches of these arms are, and their references; all are looked at."""
        done = []
        for arm in arms:
            for seed in self.benchmark.search_seeds:
                settings = self._settings(arm, seed)
                done.append(is_finished(search_folder(self.folder, arm.name, seed), settings))
                done.append(is_finished(reference_folder(self.folder, settings), reference_settings(settings)))
        return all(done)

    def _waits(self, arm: ArmSettings) -> bool:
        """Whether the budget of an arm is what others took."""
        return self.benchmark.budget.generations is not None and not self.benchmark.counts_generations(arm)

    def _settings(self, arm: ArmSettings, seed: int) -> Settings:
        return self.benchmark.of_search(arm, seed, self._most_evaluations(seed) if self._waits(arm) else None)

    def _common(self, arm: ArmSettings) -> Settings:
        return self.benchmark.of_search(arm, self.benchmark.settings.seed)

    def _most_evaluations(self, seed: int) -> int:
        """Of the arms that go by generations."""
        names = [arm.name for arm in self.arms if self.benchmark.counts_generations(arm)]
        return max(read_spent(search_folder(self.folder, name, seed)).evaluations for name in names)


def _check_names(settings: Settings) -> None:
    """Refuses what an arm names and does not exist.

    Raises:
        UsageError: an evaluator, a start loss or a loss of the zoo; or no language model is named, or it has no key.
    """
    find_evaluator(settings.evaluator.name)
    for name in settings.start:
        find_loss(name)
    for name in settings.zoo:
        zoo_source(name)
    if settings.proposer == "llm":
        run_apart(Ensemble(settings.llm, np.random.default_rng(0)).close())


class _Words(Progress):
    """A word on the search after a long silence."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.said = time.monotonic()

    def wave(self, state: SearchState) -> None:
        """Says how far it is."""
        now = time.monotonic()
        if now - self.said >= _SILENCE:
            best = "no score yet" if state.best is None else f"best {number(state.best)}"
            self.progress.start(f"  {state.evaluations} evaluations, {best}")
            self.said = now
