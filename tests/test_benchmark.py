"""Comparisons as a whole, with workers that train nothing."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from sqlite3 import connect

import pytest
from comparisons import SMALL, FakeSessions, arbitrary, compare, configure, no_session
from factories import make_training

from alphaloss import records
from alphaloss.benchmark import BenchmarkResult, run_missing
from alphaloss.benchmark.folder import clear, is_finished
from alphaloss.config import BenchmarkSettings, EvaluatorSettings, Settings, dump_settings
from alphaloss.database import Database
from alphaloss.errors import UsageError
from alphaloss.progress import Progress
from alphaloss.records import Phase
from alphaloss.report.curves import draw_curves
from alphaloss.sandbox import Sandbox
from alphaloss.training import TrainJob, find_evaluator

GENERATIONAL = {
    "name": "samples",
    "algorithm": "sample-tournament",
    "settings": {"sample_tournament": {"population": 4}},
}


@dataclass(frozen=True)
class Finished:
    """A comparison of islands and random search, on two seeds."""

    file: Path
    folder: Path
    benchmark: BenchmarkSettings
    sessions: FakeSessions
    result: BenchmarkResult

    def search(self, arm: str, seed: int) -> Path:
        return self.folder / arm / f"seed-{seed}"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Finished:
    folder = tmp_path_factory.mktemp("finished")
    file, sessions = folder / "compare.yaml", FakeSessions(sandbox)
    benchmark = configure(file)
    return Finished(file, folder, benchmark, sessions, compare(benchmark, folder, sessions.open))


def without_times(result: BenchmarkResult) -> dict:
    """All but wall-clock seconds; those of the fake trainings are fixed."""
    arms = [arm.model_copy(update={"wall_seconds": 0.0, "searches": ()}) for arm in result.arms]
    searches = [s.model_copy(update={"wall_seconds": 0.0}) for arm in result.arms for s in arm.searches]
    return {**result.model_copy(update={"arms": tuple(arms)}).model_dump(), "searches": searches}


def test_every_arm_has_a_run_folder_for_each_search_seed(finished: Finished):
    for arm in ("islands", "random-offline"):
        for seed in (0, 1):
            with Database.read(finished.search(arm, seed) / "run.sqlite") as database:
                assert database.events("run")[0].payload["settings"]["seed"] == seed
                assert database.count_events("test_opened") == 1
            assert f"seed: {seed}" in (finished.search(arm, seed) / "config.yaml").read_text()


def test_references_are_trained_once_for_all_arms_of_a_seed(finished: Finished):
    [workers] = finished.sessions.opened
    best = finished.result.references[2].searches
    is_best = {name: sum(name in outcome.loss for outcome in best) for name in ("gce", "mae")}
    with Database.read(finished.search("islands", 0) / "run.sqlite") as database:
        zoo = {program.key: name for name, program in database.named_programs().items()}
    jobs = [job for job in workers.jobs if job.graph.key in zoo and job.measure == "validation"]
    counts = Counter(zoo[job.graph.key] for job in jobs for _ in job.seeds)
    # For each search seed on two of the search; cross-entropy, and the best of the others, on two of the selection.
    assert counts == {"cross-entropy": 2 * 4, "gce": 2 * 2 + 2 * is_best["gce"], "mae": 2 * 2 + 2 * is_best["mae"]}
    hashes = set()
    for arm in ("islands", "random-offline"):
        with Database.read(finished.search(arm, 0) / "run.sqlite") as database:
            trained = [e for e in database.evaluations("fake", Phase.SEARCH, "full") if e.key in zoo]
            hashes.add(tuple((e.key, e.scores) for e in sorted(trained, key=lambda e: e.key)))
    assert len(hashes) == 1


def test_a_finished_comparison_is_read_without_training(finished: Finished):
    again = compare(finished.benchmark, finished.folder, no_session)
    assert again == finished.result
    assert BenchmarkResult.model_validate_json(again.model_dump_json()) == again


def test_an_interrupted_search_begins_anew_and_the_finished_ones_are_kept(
    finished: Finished, tmp_path: Path, sandbox: Sandbox
):
    def answer(job: TrainJob, seed: int) -> records.Training:
        if list(tmp_path.glob("random-offline/seed-0/run.sqlite")):
            raise KeyboardInterrupt
        return arbitrary(job, seed)

    benchmark = configure(tmp_path / "compare.yaml", seeds=1)
    with pytest.raises(KeyboardInterrupt):
        compare(benchmark, tmp_path, FakeSessions(sandbox, answer).open)
    done = [path for path in tmp_path.glob("*/seed-0/run.sqlite") if _holds(path, "searched")]
    before = {path: path.read_bytes() for path in done}
    assert [path.parent.parent.name for path in done] == ["islands"]
    (tmp_path / "mine" / "seed-0").mkdir(parents=True)
    result = compare(benchmark, tmp_path, FakeSessions(sandbox).open)
    assert [arm.searches[0].test for arm in result.arms] == [arm.searches[0].test for arm in finished.result.arms]
    assert {path: path.read_bytes() for path in done} == before
    assert (tmp_path / "mine" / "seed-0").is_dir()


def test_a_finished_search_with_other_settings_is_not_mixed_in(finished: Finished, tmp_path: Path):
    changed = configure(tmp_path / "changed.yaml", settings=SMALL | {"islands": {"repeats": 0.1}})
    with pytest.raises(UsageError, match=r"islands/seed-0` was made with islands.repeats = 0.25, and .* now says 0.1"):
        compare(changed, finished.folder, no_session)


def test_a_comparison_can_be_widened_and_comes_to_the_same_whatever_is_trained_first(
    finished: Finished, tmp_path: Path, sandbox: Sandbox
):
    first, second = FakeSessions(sandbox, newest_first=True), FakeSessions(sandbox, newest_first=True)
    compare(configure(tmp_path / "one.yaml", seeds=1), tmp_path, first.open)
    result = compare(finished.benchmark, tmp_path, second.open)
    assert without_times(result) == without_times(finished.result)
    assert len(first.jobs) + len(second.jobs) == len(finished.sessions.jobs)


def test_targets_can_be_given_afterwards(finished: Finished, tmp_path: Path):
    benchmark = configure(tmp_path / "with.yaml", targets=[0.1, 1.5])
    islands = compare(benchmark, finished.folder, no_session).arms[0]
    assert [(time.target, time.reached) for time in islands.times] == [("0.1000", 2), ("1.5000", 0)]


def test_arms_of_other_tasks_get_workers_and_references_of_their_own(tmp_path: Path, sandbox: Sandbox):
    noisy = {"name": "noisy", "algorithm": "random", "settings": {"evaluator": {"options": {"noise": 0.2}}}}
    plain = {"name": "plain", "algorithm": "best-of-n"}
    sessions = FakeSessions(sandbox)
    benchmark = configure(tmp_path / "c.yaml", arms=[plain, noisy], seeds=1, budget={"evaluations": 1})
    result = compare(benchmark, tmp_path, sessions.open)
    assert len(sessions.opened) == 2
    names = [line.name for line in result.references]
    assert names[0] == "cross-entropy, as of plain"
    assert names[3] == "cross-entropy, as of noisy"
    assert [arm.reference for arm in result.arms] == [names[0], names[3]]
    assert [arm.reference_gain for arm in result.arms] == [None, None]  # one search seed has no interval
    assert [(arm.task, arm.random) for arm in result.arms] == [
        (0, None),
        (1, None),
    ]  # the random search is of the other
    plain, noisy = draw_curves(result, tmp_path)[::4]
    assert (plain.name, noisy.name) == ("evaluations.png", "evaluations-noisy.png")


def test_without_generations_an_arm_gets_as_many_evaluations_as_those_with_them(tmp_path: Path, sandbox: Sandbox):
    benchmark = configure(tmp_path / "c.yaml", arms=[GENERATIONAL], seeds=1, budget={"generations": 1})
    result = compare(benchmark, tmp_path, FakeSessions(sandbox).open)
    generational, random = result.arms
    # 4 in the first generation; G = 3 are drawn and N = 1 has a child in the next: Chou 2025, Algorithm 1.
    assert generational.evaluations == random.evaluations == 4 + 1
    assert generational.evaluations_after_initial == 1
    assert random.evaluations_after_initial == 5
    assert (generational.early, random.early) == ({}, {})
    assert compare(benchmark, tmp_path, no_session) == result


def test_a_budget_of_trainings_counts_repeats_and_is_kept_to(tmp_path: Path, sandbox: Sandbox):
    arms = [{"name": "islands", "algorithm": "islands", "settings": {"search": {"seeds": 2}}}]
    benchmark = configure(tmp_path / "c.yaml", arms=arms, seeds=1, budget={"trainings": 5})
    islands, random = compare(benchmark, tmp_path, FakeSessions(sandbox).open).arms
    assert (islands.trainings, random.trainings) == (6, 5)  # the last program of the islands has two
    assert (islands.evaluations, random.evaluations) == (3, 5)
    assert (islands.overshoot, random.overshoot) == (1, 0)
    assert islands.searches[0].ended == "all trainings are spent"


def test_a_search_that_finds_nothing_counts_as_the_reference(tmp_path: Path, sandbox: Sandbox):
    def answer(job: TrainJob, seed: int) -> records.Training:
        reference = sessions.jobs[0].graph.key  # cross-entropy, which is submitted first
        return arbitrary(job, seed) if job.graph.key == reference else make_training(job, seed, None)

    sessions = FakeSessions(sandbox, answer)
    benchmark = configure(tmp_path / "c.yaml", seeds=1)
    result = compare(benchmark, tmp_path, sessions.open)
    islands = result.arms[0]
    assert (islands.fallbacks, islands.searches[0].champion) == (1, None)
    assert islands.test == result.references[0].test
    assert islands.times[0].reached == 0


def test_a_reference_trained_once_is_compared_with_what_was_found_and_is_not_found_itself(
    tmp_path: Path, sandbox: Sandbox
):
    def answer(job: TrainJob, seed: int) -> records.Training:
        if job.graph.key == sessions.jobs[0].graph.key:  # cross-entropy, which is submitted first
            return arbitrary(job, seed).model_copy(update={"score": 0.9})
        return make_training(job, seed, None if job.measure == "test" else 0.5)

    sessions = FakeSessions(sandbox, answer)
    settings = SMALL | {"search": {"reference_seeds": 1, "wave": 2}}
    arms = [{"name": "random", "algorithm": "random"}]
    benchmark = configure(tmp_path / "c.yaml", seeds=1, settings=settings, arms=arms, budget={"evaluations": 2})
    [arm] = compare(benchmark, tmp_path, sessions.open).arms
    assert arm.searches[0].curve[-1].best == 0.5
    assert [time.reached for time in arm.times] == [0, 1]  # 0.9, and the 0.5 of the zoo
    assert (arm.fallbacks, arm.failures) == (0, 1)  # there is a champion, and it diverges in the test


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"settings": {"start": ["no-such-loss"]}}, "no-such-loss"),
        ({"settings": {"evaluator": {"name": "digits-nosy"}}}, "Did you mean `digits-noisy`"),
        ({"proposer": "llm"}, "No language model is named"),
    ],
)
def test_a_name_that_does_not_exist_is_told_before_anything_is_trained(tmp_path: Path, changes: dict, sentence: str):
    last = {"name": "last", "algorithm": "ngl", **changes}
    benchmark = configure(tmp_path / "c.yaml", arms=[{"name": "islands", "algorithm": "islands"}, last])
    with pytest.raises(UsageError, match=sentence):
        compare(benchmark, tmp_path, no_session)


def test_the_files_that_a_search_used_are_kept_by_their_hash(finished: Finished):
    [path] = (find_evaluator("digits-noisy"),)
    with Database.read(finished.search("islands", 0) / "run.sqlite") as database:
        files = database.events("run")[0].payload["files"]
    assert files == {str(path): sha256(path.read_bytes()).hexdigest()}


def test_a_search_with_another_content_of_its_evaluator_is_not_mixed_in(tmp_path: Path):
    task, folder = tmp_path / "task.py", tmp_path / "search"
    task.write_text("epochs = 1")
    folder.mkdir()
    settings = Settings(evaluator=EvaluatorSettings(name=str(task)))
    with Database.create(folder / "run.sqlite") as database:
        database.event("run", {"files": {str(task): sha256(task.read_bytes()).hexdigest()}})
        database.event("searched", {})
    (folder / "config.yaml").write_text(dump_settings(settings))
    assert is_finished(folder, settings)
    task.write_text("epochs = 2")
    with pytest.raises(UsageError, match=r"task.py` has changed since the search in"):
        is_finished(folder, settings)


def test_what_no_comparison_left_is_not_removed(tmp_path: Path):
    folder = tmp_path / "seed-0"
    folder.mkdir()
    file = folder / "run.sqlite"
    file.touch()  # as a full disk leaves it, but without a lock
    assert not is_finished(folder, Settings())
    with pytest.raises(UsageError, match="is not of a comparison"):
        clear(folder)
    (folder / "run.lock").touch()
    clear(folder)
    assert not folder.exists()
    with Database.create(file) as database:
        database.event("run", {})
        database.event("result", {})  # a run of `alphaloss evolve`
    with pytest.raises(UsageError, match="is not of a comparison"):
        clear(folder)
    assert file.exists()


def test_two_at_once_in_one_folder_are_refused(finished: Finished, tmp_path: Path, sandbox: Sandbox):
    def opener(*_: object):
        run_missing(finished.benchmark, tmp_path, workers=1, progress=Progress(), opener=no_session)

    with pytest.raises(UsageError, match="has a writer already"):
        compare(finished.benchmark, tmp_path, opener)


def _holds(path: Path, event: str) -> bool:
    with closing(connect(path)) as connection:
        return connection.execute("SELECT COUNT(*) FROM events WHERE kind = ?", (event,)).fetchone()[0] > 0
