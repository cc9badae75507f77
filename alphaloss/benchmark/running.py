"""Runs what is missing of a comparison: each arm's search for each search seed."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from alphaloss.benchmark.folder import clear, is_finished, reference_folder, reference_settings, search_folder
from alphaloss.benchmark.reading import read_spent
from alphaloss.benchmark.searches import References, run_search, train_references
from alphaloss.config import ArmSettings, BenchmarkSettings, Settings
from alphaloss.database.lock import RunLock
from alphaloss.progress import Progress, SearchState
from alphaloss.session import Session, open_session
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
        UsageError: a finished search was made with other settings; or an evaluator or a start loss cannot be used.
        LlmError: language models cannot be asked.
        SearchFailedError: a reference cannot be trained.
        InfrastructureError: workers or a database failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = RunLock(folder / "benchmark.lock")
    try:
        with _Sessions(opener, workers, progress) as sessions:
            _Running(benchmark, folder, sessions, progress).execute()
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

    def execute(self) -> None:
        """Arms that share workers together, seed by seed; those first whose cost is the budget of others."""
        first = [arm for arm in self.arms if self.benchmark.counts_generations(arm)]
        rest = [arm for arm in self.arms if arm not in first]
        for arm in self.arms:
            if not self._waits(arm):
                for seed in self.benchmark.search_seeds:
                    self._is_finished(arm, seed)  # a contradiction is told before anything slow begins
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

    def _is_finished(self, arm: ArmSettings, seed: int) -> bool:
        return is_finished(search_folder(self.folder, arm.name, seed), self._settings(arm, seed))

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
