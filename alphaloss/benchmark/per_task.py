"""The tables of T.-Y. Chou's thesis (NTUT, 2025) for comparisons on a suite of tasks.

`champions`: the accuracy of each search's champion on each task (Tables 4.2 and 4.3), on test data, and beside them
cross-entropy's, which the thesis leaves out. `times`: what the searches took, and by how much less than NGL's (Table
4.4), beside the numbers of evaluations, which the thesis leaves out too, without and with the initial population.
`choices`: which program the fitness would choose out of all, by the values of losses and by errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from alphaloss.benchmark.folder import FINISHED, reference_folder, search_folder
from alphaloss.benchmark.reading import Opened, opened
from alphaloss.benchmark.readings import VALID, Reading, Trained, agreement, chosen, guessing, trained_programs
from alphaloss.benchmark.results import ArmLine, BenchmarkResult, Spent
from alphaloss.config import BenchmarkSettings, GateSettings
from alphaloss.gate import Gate
from alphaloss.losses.zoo import REFERENCES
from alphaloss.records import Candidate, Phase, Program, Rejection
from alphaloss.report.table import Table
from alphaloss.sandbox import Sandbox
from alphaloss.training import TaskInfo

_METRIC = "accuracy"
_ADMITTED = "admitted"
_BASELINE = "ngl"  # the algorithm that Table 4.4 compares with


@dataclass(frozen=True)
class SuiteSearch:
    """What a search of a comparison found.

    Attributes:
        arm: whose it is.
        seed: of the search.
        info: of the suite; its metric is the search's fitness.
        champion: None, if no program trains on all new seeds.
        tested: by task, its test accuracy: mean over the seeds of the verdict; the reference's, if there is none.
        reference: the same of the reference.
        pool: what was trained.
    """

    arm: str
    seed: int
    info: TaskInfo
    champion: Program | None
    tested: Mapping[str, float]
    reference: Mapping[str, float]
    pool: Sequence[Trained]


def suite_tables(benchmark: BenchmarkSettings, folder: Path, result: BenchmarkResult) -> list[Table]:
    """The three tables; none for a task that is no suite of classifications whose metric is the accuracy.

    Args:
        benchmark: what was compared.
        folder: where all of its searches are finished.
        result: its table.
    """
    with opened(search_folder(folder, result.arms[0].name, result.seeds[0])) as first:
        if not first.info.tasks or any(task.metric != _METRIC for task in first.info.tasks):
            return []
    searches = [
        read_suite_search(
            search_folder(folder, arm.name, seed),
            reference_folder(folder, benchmark.of_search(arm, seed)),
            arm=arm.name,
            seed=seed,
        )
        for arm in benchmark.all_arms
        for seed in benchmark.search_seeds
    ]
    metrics = {one.arm: one.info.metric for one in searches}
    with Sandbox() as sandbox:
        return [champions(searches, sandbox), times(result.arms, metrics), *choices(searches, sandbox)]


def read_suite_search(folder: Path, references: Path, *, arm: str, seed: int) -> SuiteSearch:
    """A search from its database.

    Args:
        folder: of the search.
        references: folder of what it is compared with.
        arm: whose it is.
        seed: of the search.
    """
    with opened(references) as known:
        key = known.database.named_programs()[REFERENCES[known.info.target]].key
        reference = _test(known, key)
    with opened(folder) as found:
        champion = found.database.events(FINISHED)[-1].payload["champion_key"]
        tested = _test(found, str(champion)) if champion else {}
        return SuiteSearch(
            arm=arm,
            seed=seed,
            info=found.info,
            champion=found.database.find_program(str(champion)) if tested else None,
            tested=tested or reference,
            reference=reference,
            pool=trained_programs(found.database, found.info),
        )


def champions(searches: Sequence[SuiteSearch], sandbox: Sandbox) -> Table:
    """Test accuracy of each search's champion by task, and what the whole gate says of it."""
    info = searches[0].info
    chance = guessing(info)
    codes = [_gate(sandbox, one.champion, info) if one.champion else "" for one in searches]
    rows = [
        (one.arm, str(one.seed), one.champion.id if one.champion else "none", *_accuracies(one.tested.values()), code)
        for one, code in zip(searches, codes, strict=True)
    ]
    references = {one.seed: one.reference for one in searches}
    rows += [
        (REFERENCES[info.target], str(seed), "", *_accuracies(found.values()), "") for seed, found in references.items()
    ]
    rows.append(("guessing", "", "", *_accuracies(chance.values()), ""))
    below = sum(all(one.tested[name] < share for name, share in chance.items()) for one in searches)
    refused = sum(code not in ("", _ADMITTED) for code in codes)
    return Table(
        title="Test accuracy of the champions by task",
        columns=("champion of", "seed", "program", *chance, "full gate"),
        rows=tuple(rows),
        notes=(
            f"Champions that do worse than guessing on every task: {below} of {len(searches)}; that the gate refuses "
            f"with all its checks: {refused}.",
        ),
    )


def times(arms: Sequence[ArmLine], metrics: Mapping[str, str]) -> Table:
    """Evaluations and seconds of training, without the initial population and with it, and the cut against NGL's.

    Args:
        arms: of the comparison.
        metrics: by the name of an arm its fitness; only arms of the same are compared.
    """
    rows = []
    for arm in arms:
        alike = (one for one in arms if one.algorithm == _BASELINE and metrics[one.name] == metrics[arm.name])
        base = next(alike, None)
        cells = [arm.name]
        for whole in (False, True):
            if whole or any(search.initial.evaluations for search in arm.searches):
                own = _means(arm, whole=whole)
                if base is None or base is arm:
                    cuts = ["", ""]
                else:
                    cuts = [f"{reduction(*pair):.1%}" for pair in zip(own, _means(base, whole=whole), strict=True)]
                for spent, cut in zip(own, cuts, strict=True):
                    cells += [f"{spent:.1f}", cut]
            else:
                cells += ["-"] * 4
        rows.append(tuple(cells))
    return Table(
        title="What a search takes without the initial population, and with it: means over searches",
        columns=("arm", *("evaluations", "cut", "seconds", "cut"), *("with it", "cut", "seconds", "cut")),
        rows=tuple(rows),
        notes=(
            "Cuts are against the arm with NGL's algorithm and the same fitness. Seconds are of training, as one "
            "process would take them; an evaluation is a training on every task.",
        ),
    )


def reduction(own: float, other: float) -> float:
    """1 - own / other: what is saved, as a share of the other."""
    return 1 - own / other if other else 0.0


def choices(searches: Sequence[SuiteSearch], sandbox: Sandbox) -> Iterator[Table]:
    """What both readings of the fitness choose out of all that was trained, and what the whole gate says of that."""
    found: dict[tuple[int, str], tuple[SuiteSearch, Trained]] = {}
    for one in searches:
        for trained in one.pool:  # arms of a seed begin with the same population
            found.setdefault((one.seed, trained.program.key), (one, trained))
    pool = list(found.values())
    if not pool:
        return
    info, every = searches[0].info, [trained for _, trained in pool]
    chance = guessing(info)
    ways: dict[str, tuple[Reading, list[Trained]]] = {
        "loss values": ("loss values", every),
        "valid loss values": ("loss values", [one for one in every if one.is_valid]),
        "errors": ("errors", every),
    }
    rows = []
    for way, (reading, among) in ways.items():
        if among:
            best = chosen(among, reading)
            where = next(one for one, trained in pool if trained is best)
            wins, improvement = best.improvement(reading)
            accuracies = (f"{task.score:.4f} ({task.reference:.4f})" for task in best.compared.values())
            code = _gate(sandbox, best.program, info)
            found_by = (where.arm, str(where.seed), best.program.id)
            rows.append((way, *found_by, f"{wins}, {improvement:+.3g}", *accuracies, code))
    rows.append(("guessing", "", "", "", "", *_accuracies(chance.values()), ""))
    winners = [trained for trained in every if trained.improvement("loss values")[0] == len(chance)]
    valid = [trained for trained in winners if trained.is_valid]
    different = len({trained.program.key for trained in every})
    yield Table(
        title="Which program each reading of Average Improvement chooses, with validation accuracies (cross-entropy's)",
        columns=("by", "found by", "seed", "program", "wins, improvement", *chance, "full gate"),
        rows=tuple(rows),
        notes=(
            f"Of {len(every)} programs, those of each search seed counted ({different} are different), {len(winners)} "
            "have smaller values than cross-entropy on all tasks. "
            f"Of these {_below(winners, 1)} do worse than guessing on every task, and {_below(winners, 2)} less than "
            f"twice as well; of the {len(valid)} valid among them {_below(valid, 1)} and {_below(valid, 2)}; of all "
            f"programs {_below(every, 1)} and {_below(every, 2)}.",
            f"Valid are values from {VALID[0]:g} to {VALID[1]:g} on every task after training, too: no search looked "
            "at that, so what one would find is not known. "
            f"Rank correlation of the two readings over all programs: {_correlation(agreement(every))}.",
        ),
    )


def _test(found: Opened, key: str) -> dict[str, float]:
    """By task, mean over the seeds of the verdict; empty if a training failed."""
    tests = [training.test for e in found.evaluations(Phase.VERDICT, key) for training in e.trainings]
    metrics = [test.metrics for test in tests if test is not None]
    if len(metrics) < len(tests):
        return {}
    return {task.name: _mean(measured[f"{task.name} {_METRIC}"] for measured in metrics) for task in found.info.tasks}


def _means(arm: ArmLine, *, whole: bool) -> tuple[float, float]:
    """Evaluations and seconds of an arm's searches, whole or without the initial population."""
    spent: list[Spent] = [one.spent if whole else one.spent - one.initial for one in arm.searches]
    return _mean(one.evaluations for one in spent), _mean(one.training_seconds for one in spent)


def _accuracies(values: Iterable[float]) -> Iterator[str]:
    return (f"{value:.4f}" for value in values)


def _below(pool: Iterable[Trained], times: float) -> int:
    return sum(trained.below(times) for trained in pool)


def _correlation(value: float | None) -> str:
    return "not defined" if value is None else f"{value:+.2f}"


def _gate(sandbox: Sandbox, program: Program, info: TaskInfo) -> str:
    """What the gate says with all its checks, at the largest class count of the suite."""
    gate = Gate(sandbox, GateSettings(), target=info.target, classes=info.classes, class_prior=info.class_prior)
    outcome = gate.admit(Candidate(source=program.source, operator="check"))
    return outcome.code.value if isinstance(outcome, Rejection) else _ADMITTED


def _mean(values: Iterable[float]) -> float:
    return float(np.mean([*values]))
