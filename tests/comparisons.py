"""Comparisons whose workers train nothing: a score follows from loss and seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from factories import Answer, FakeWorkers, make_training

from alphaloss import records
from alphaloss.benchmark import BenchmarkResult, run_missing, summarise
from alphaloss.config import BenchmarkSettings, Settings, load_benchmark
from alphaloss.progress import Progress
from alphaloss.sandbox import Sandbox
from alphaloss.session import Session
from alphaloss.training import TrainJob

SMALL = {
    "zoo": ["gce", "mae"],
    "gate": {"class_counts": [2], "useful": False},
    "search": {"reference_seeds": 2, "wave": 2},
    "selection": {"programs": 2, "zoo": 1, "seeds": 2},
    "verdict": {"seeds": 2},
}


def arbitrary(job: TrainJob, seed: int) -> records.Training:
    """Some score that depends on nothing but loss and seed; on test data a tenth less, unless stopped early."""
    score = 0.5 + (int(job.graph.key[:8], 16) ^ seed) % 1000 / 2000
    test = records.TestResult(score=score - 0.1, samples=(1.0,), early_epoch=0, early_score=score, early_samples=(1.0,))
    return make_training(job, seed, score, test if job.measure == "test" else None)


@dataclass
class FakeSessions:
    """Opens sessions with fake workers, and keeps these."""

    sandbox: Sandbox
    answer: Answer = arbitrary
    newest_first: bool = False
    opened: list[FakeWorkers] = field(default_factory=list)

    @contextmanager
    def open(self, settings: Settings, count: int, progress: Progress) -> Iterator[Session]:
        workers = FakeWorkers(self.answer, newest_first=self.newest_first)
        self.opened.append(workers)
        yield Session(settings, workers, self.sandbox)

    @property
    def jobs(self) -> list[TrainJob]:
        return [job for workers in self.opened for job in workers.jobs]


def no_session(settings: Settings, count: int, progress: Progress) -> AbstractContextManager[Session]:
    raise AssertionError("something was to be trained")


def configure(file: Path, **changes: object) -> BenchmarkSettings:
    """A small comparison: islands and whatever is added, four evaluations, two search seeds."""
    tree = {
        "settings": SMALL,
        "budget": {"evaluations": 4},
        "seeds": 2,
        "arms": [{"name": "islands", "algorithm": "islands"}],
        **changes,
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(tree))
    return load_benchmark(file)


def compare(
    benchmark: BenchmarkSettings,
    folder: Path,
    opener: Callable[[Settings, int, Progress], AbstractContextManager[Session]],
) -> BenchmarkResult:
    """Runs what is missing, and reads the table."""
    run_missing(benchmark, folder, workers=2, progress=Progress(), opener=opener)
    return summarise(benchmark, folder)
