"""What the cascade over rungs is worth: searches with it and without, at equal seconds of training.

    python benchmarks/cascade.py ./my_task.py --seeds 3 --training-seconds 60 --out cascade.jsonl --plot cascade.png

The task needs several rungs. Ten times in a search its best program, by its own belief, is noted; afterwards each is
trained at the full rung on new seeds (validation data), the same for all searches of a seed. So the curves show how
good these programs are, not how lucky. A program that fails on a new seed counts as the start loss, which one would go
back to. All searches of a seed share the trainings of the references. What a search trains after its seconds are over
is not counted. The file `--out` grows by a line a search, and is continued.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from scipy import stats

from alphaloss.algorithms import make_algorithm
from alphaloss.bench import Bench
from alphaloss.cascade import levels
from alphaloss.config import Settings, load_settings
from alphaloss.database import Database
from alphaloss.initial import InitialLosses
from alphaloss.naming import find_loss
from alphaloss.progress import Progress, SearchState
from alphaloss.proposers import OfflineProposer
from alphaloss.records import Evaluation, Phase, Program
from alphaloss.scores import Scores
from alphaloss.search import Search
from alphaloss.seeds import phase_seeds
from alphaloss.session import Session, open_session

VARIANTS: Mapping[str, tuple[str, ...]] = {
    "full rung only": ("cascade.use=false",),
    "cascade": (),
    "keep 1/2": ("cascade.keep=0.5", "cascade.wave=8"),
    "keep 1/5": ("cascade.keep=0.2", "cascade.wave=20"),
    "no late bloomers": ("cascade.late=0",),
    "small waves": ("cascade.wave=4",),
}
CHECKPOINTS = 10


class Diary(Progress):
    """After each wave the seconds of training so far, and the best program; how much was trained at each rung."""

    def __init__(self, start: Program) -> None:
        self.search: Search | None = None
        self.entries: list[tuple[float, Program]] = [(0.0, start)]
        self.rungs: Counter[str] = Counter()

    def trained(self, evaluation: Evaluation) -> None:
        """Counts."""
        self.rungs[evaluation.rung] += 1

    def wave(self, state: SearchState) -> None:
        """Notes."""
        assert self.search is not None
        self.entries.append((self.search.limits.training_seconds, self.search.algorithm.best(1)[0]))

    def best_after(self, seconds: float) -> Program:
        """What the search believed to be best then."""
        return [program for at, program in self.entries if at <= seconds][-1]


class Laboratory:
    """Warm workers, and what the searches of one seed share: trainings of references, and those on new seeds."""

    def __init__(self, session: Session, folder: Path, new_seeds: int) -> None:
        self.session = session
        self.folder = folder
        self.new_seeds = new_seeds
        self.references: dict[int, list[Evaluation]] = {}
        self.judged: dict[tuple[int, str], float | None] = {}  # by seed and program

    def run(self, variant: str, settings: Settings, budget: float) -> dict[str, Any]:
        """One search, and how good what it believed in was."""
        session = self.session._replace(settings=settings)
        losses = InitialLosses(session, [find_loss(name) for name in settings.start])
        start = losses.start[0]
        with Database.create(self.folder / f"{time.monotonic_ns()}" / "run.sqlite") as database:
            for program in (*losses.zoo.values(), *losses.start):
                database.record_program(program)
            diary = Diary(start)
            search = self._search(session, losses, database, diary)
            started = time.monotonic()
            search.run()
            seconds = time.monotonic() - started
            utilisation = search.bench.utilisation
            believed = [diary.best_after(budget * part / CHECKPOINTS) for part in range(CHECKPOINTS + 1)]
            self._judge(session, [start, *believed], database)
            judged = [self.judged[settings.seed, program.key] for program in believed]
            base = self.judged[settings.seed, start.key]
        return {
            "variant": variant,
            "seed": settings.seed,
            "evaluator": settings.evaluator.name,
            "scores": [base if score is None else score for score in judged],
            "failed": judged.count(None),
            "evaluations": search.limits.evaluations,
            "full": diary.rungs[search.bench.rung],
            "training_seconds": search.limits.training_seconds,
            "seconds": seconds,
            "utilisation": utilisation,
            "source": believed[-1].source,
        }

    def _search(self, session: Session, losses: InitialLosses, database: Database, diary: Diary) -> Search:
        settings, info = session.settings, session.workers.info
        most = max(settings.search.most_seeds, *(level.seeds for level in levels(settings, info.rungs)))
        seeds = phase_seeds(settings.seed, Phase.SEARCH, max(most, settings.search.reference_seeds))
        bench = Bench(session.workers, database, phase=Phase.SEARCH, seeds=seeds, reference=losses.reference.graph)
        scores = Scores(maximize=info.direction == "max")
        for evaluation in self._train_references(bench, losses, settings):
            scores.add(evaluation)
        diary.search = Search(
            settings,
            algorithm=make_algorithm(settings, losses.start, scores),
            proposer=OfflineProposer(settings.offline, start=losses.start[0].graph, class_prior=info.class_prior),
            gate=losses.gate,
            bench=bench,
            database=database,
            progress=diary,
        )
        return diary.search

    def _train_references(self, bench: Bench, losses: InitialLosses, settings: Settings) -> list[Evaluation]:
        if settings.seed not in self.references:
            pending = [bench.submit(p, seeds=settings.search.reference_seeds) for p in losses.zoo.values()]
            self.references[settings.seed] = [bench.collect(fit) for fit in pending]
        return self.references[settings.seed]

    def _judge(self, session: Session, programs: Sequence[Program], database: Database) -> None:
        seed = session.settings.seed
        seeds = phase_seeds(seed, Phase.SELECTION, self.new_seeds)
        bench = Bench(session.workers, database, phase=Phase.SELECTION, seeds=seeds, parts=2)
        new = {p.key: p for p in programs if (seed, p.key) not in self.judged}
        pending = {key: bench.submit(program) for key, program in new.items()}
        for key, fit in pending.items():
            self.judged[seed, key] = bench.collect(fit).score


def main() -> None:
    """Runs what is missing in the file, prints the table and draws the curves."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("evaluator", help="a task with several rungs")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=200)
    parser.add_argument("--training-seconds", type=float, default=60.0)
    parser.add_argument("--new-seeds", type=int, default=6)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--variants", nargs="*", choices=list(VARIANTS), default=list(VARIANTS)[:2])
    parser.add_argument("--out", type=Path, default=Path("cascade.jsonl"))
    parser.add_argument("--plot", type=Path, default=Path("cascade.png"))
    options = parser.parse_args()
    lines = [json.loads(line) for line in options.out.read_text().splitlines()] if options.out.exists() else []
    done = {(line["variant"], line["seed"]) for line in lines}
    shared = load_settings(evaluator__name=options.evaluator)
    with (
        tempfile.TemporaryDirectory() as folder,
        open_session(shared, options.workers, Progress()) as session,
        options.out.open("a") as out,
    ):
        metric = session.workers.info.metric
        laboratory = Laboratory(session, Path(folder), options.new_seeds)
        for seed in range(options.first_seed, options.first_seed + options.seeds):
            for variant in options.variants:
                if (variant, seed) in done:
                    continue
                limits = ("search.evaluations=100000", f"search.training_seconds={options.training_seconds}")
                chosen = load_settings(
                    None, (*limits, *VARIANTS[variant]), seed=seed, evaluator__name=options.evaluator
                )
                lines.append(laboratory.run(variant, chosen, options.training_seconds))
                out.write(json.dumps(lines[-1]) + "\n")
                out.flush()
                print(f"{variant}, seed {seed}: {lines[-1]['scores'][-1]:.4f}", file=sys.stderr)
    report(lines)
    draw(lines, metric, options.training_seconds, options.plot)


def report(lines: Sequence[dict[str, Any]]) -> None:
    """Prints the curves, and what searches came to; differences are to the first variant, paired by seed."""
    runs: dict[str, dict[int, dict[str, Any]]] = {}
    for line in lines:
        runs.setdefault(line["variant"], {})[line["seed"]] = line
    base = next(iter(runs))
    print("share of the seconds | " + " | ".join(f"{v}, mean (sd)" for v in runs) + f" | minus {base} [95 %]")
    for part in range(CHECKPOINTS + 1):
        cells = []
        for of_seed in runs.values():
            scores = np.array([line["scores"][part] for line in of_seed.values()])
            cells.append(f"{scores.mean():.4f} ({scores.std(ddof=1) if len(scores) > 1 else np.nan:.4f})")
        for variant in list(runs)[1:]:
            common = sorted(set(runs[base]) & set(runs[variant]))
            cells.append(
                _difference([runs[variant][s]["scores"][part] - runs[base][s]["scores"][part] for s in common])
            )
        print(f"{part / CHECKPOINTS:.0%} | " + " | ".join(cells))
    print("\nvariant | searches | programs | at the full rung | training seconds | seconds | workers busy | failed")
    for variant, of_seed in runs.items():
        names = ("evaluations", "full", "training_seconds", "seconds", "utilisation", "failed")
        mean = {name: np.mean([line[name] for line in of_seed.values()]) for name in names}
        print(
            f"{variant} | {len(of_seed)} | {mean['evaluations']:.0f} | {mean['full']:.0f} | "
            f"{mean['training_seconds']:.0f} | {mean['seconds']:.0f} | {mean['utilisation']:.0%} | {mean['failed']:.1f}"
        )


def _difference(values: Sequence[float]) -> str:
    d = np.array(values)
    if len(d) < 2:
        return f"{d.mean():+.4f}"
    width = stats.t.ppf(0.975, len(d) - 1) * d.std(ddof=1) / np.sqrt(len(d))
    return f"{d.mean():+.4f} [{d.mean() - width:+.4f}, {d.mean() + width:+.4f}]"


def draw(lines: Sequence[dict[str, Any]], metric: str, seconds: float, file: Path) -> None:
    """Writes a picture: a thin line a search, a thick one for the mean, and a band of one standard deviation."""
    at = np.linspace(0, seconds, CHECKPOINTS + 1)
    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    for number, variant in enumerate(dict.fromkeys(line["variant"] for line in lines)):
        scores = np.array([line["scores"] for line in lines if line["variant"] == variant])
        mean, deviation = scores.mean(axis=0), scores.std(axis=0)
        axes.plot(at, scores.T, color=f"C{number}", linewidth=0.6, alpha=0.5)
        axes.plot(at, mean, color=f"C{number}", linewidth=2.2, label=f"{variant} ({len(scores)} searches)")
        axes.fill_between(at, mean - deviation, mean + deviation, color=f"C{number}", alpha=0.12, linewidth=0)
    axes.set(xlabel="seconds of training in the search", ylabel=f"{metric} on new seeds, validation")
    axes.legend(loc="best", frameon=False)
    figure.savefig(file, dpi=130)
    print(f"\n{file}")


if __name__ == "__main__":
    main()
