"""What each part of the search is worth: whole searches without it, at equal training seconds.

    python benchmarks/ablations.py --seeds 5 --training-seconds 40 --out ablations.jsonl

For each seed and variant: a search, then its three best losses on six new seeds (validation data), then the best of
these on eight more (test data). The table has the test score of that champion. All variants of a seed share the
trainings of the references. Progress goes to stderr; the file `--out` grows by a line a search, and is continued.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from scipy import stats

from alphaloss.algorithms import make_algorithm
from alphaloss.bench import Bench
from alphaloss.config import Settings, load_settings
from alphaloss.database import Database
from alphaloss.gate import Gate
from alphaloss.initial import InitialLosses
from alphaloss.losses.graph import LossGraph
from alphaloss.naming import find_loss
from alphaloss.progress import Progress
from alphaloss.proposers import OfflineProposer
from alphaloss.records import Evaluation, Phase, Program
from alphaloss.scores import Scores
from alphaloss.search import Search
from alphaloss.seeds import phase_seeds
from alphaloss.session import Session, open_session

VARIANTS: Mapping[str, tuple[str, ...]] = {
    "islands with cells (the default)": (),
    "plain tournament": ("algorithm=tournament",),
    "random search": ("algorithm=random",),
    "small operators only": ("offline.ideas=0",),
    "no gate checks 8 and 9": (),
    "no gradient-scale matching": ("gradient_scale=none",),
    "no repeats": ("islands.repeats=0",),
    "no refining of constants": ("variation.refine=0",),
    "operators not adapted": ("offline.adaptation=0",),
}
_OPEN_GATE = "no gate checks 8 and 9"
FINALISTS, SELECTION_SEEDS, VERDICT_SEEDS = 3, 6, 8


class OpenGate(Gate):
    """A gate without checks 8 (alignment) and 9 (learning)."""

    def _is_useful(self, graph: LossGraph, looks: object) -> Iterator[tuple[object, None]]:  # type: ignore[override]
        return iter(())


class Laboratory:
    """Warm workers, and the trainings of references, which variants of one seed share."""

    def __init__(self, session: Session, folder: Path) -> None:
        self.session = session
        self.folder = folder
        self.references: dict[int, list[Evaluation]] = {}

    def run(self, variant: str, settings: Settings) -> dict[str, object]:
        """One search and what it found."""
        session = self.session._replace(settings=settings)
        losses = InitialLosses(session, [find_loss(name) for name in settings.start])
        if variant == _OPEN_GATE:
            losses.gate = OpenGate(
                session.sandbox,
                settings.gate,
                classes=session.workers.info.classes,
                class_prior=session.workers.info.class_prior,
            )
            losses.gate.admit(losses.start[0].candidate)
        with Database.create(self.folder / f"{time.monotonic_ns()}" / "run.sqlite") as database:
            for name, program in losses.zoo.items():
                database.record_program(program, name)
            for program in losses.start:
                database.record_program(program)
            started, search = time.monotonic(), self._search(session, losses, database)
            seconds = time.monotonic() - started
            champion, test = self._champion(session, losses, search, database)
            fits = database.evaluations(session.workers.info.name, Phase.SEARCH, search.bench.rung)
            counts, known = database.outcome_counts(), {p.key for p in losses.zoo.values()}
            return {
                "variant": variant,
                "seed": settings.seed,
                "test": test,
                "operations": champion.graph.size,
                "source": champion.source,
                "evaluations": search.limits.evaluations,
                "training_seconds": sum(t.seconds for e in fits if e.key not in known for t in e.trainings),
                "seconds": seconds,
                "utilisation": search.bench.utilisation,
                "programs": counts.get("program", 0),
                "rejected": counts.get("rejection", 0),
            }

    def _search(self, session: Session, losses: InitialLosses, database: Database) -> Search:
        settings, info = session.settings, session.workers.info
        seeds = phase_seeds(settings.seed, Phase.SEARCH, settings.search.most_seeds)
        bench = Bench(session.workers, database, phase=Phase.SEARCH, seeds=seeds)
        scores = Scores(maximize=info.direction == "max")
        for evaluation in self._references(bench, losses, settings):
            scores.add(evaluation)
        proposer = OfflineProposer(settings.offline, start=losses.start[0].graph, class_prior=info.class_prior)
        search = Search(
            settings,
            algorithm=make_algorithm(settings, losses.start, scores),
            proposer=proposer,
            gate=losses.gate,
            bench=bench,
            database=database,
            progress=Progress(),
        )
        search.run()
        return search

    def _references(self, bench: Bench, losses: InitialLosses, settings: Settings) -> list[Evaluation]:
        """Of one seed the same for all variants: cross-entropy, and what tells the noise and the effects of seeds."""
        if settings.seed not in self.references:
            pending = [bench.submit(p, seeds=settings.search.reference_seeds) for p in losses.zoo.values()]
            self.references[settings.seed] = [bench.collect(fit) for fit in pending]
        return self.references[settings.seed]

    def _champion(
        self, session: Session, losses: InitialLosses, search: Search, database: Database
    ) -> tuple[Program, float]:
        """The best finalist on new validation seeds, and its test score on yet others."""
        start = {p.key for p in losses.start}
        found = [p for p in search.algorithm.best(FINALISTS + len(start)) if p.key not in start]
        finalists = found[:FINALISTS] or list(losses.start)
        means = self._train(session, finalists, database, Phase.SELECTION, SELECTION_SEEDS)
        champion = finalists[int(np.argmax(means))]
        return champion, self._train(session, [champion], database, Phase.VERDICT, VERDICT_SEEDS)[0]

    def _train(
        self, session: Session, programs: list[Program], database: Database, phase: Phase, count: int
    ) -> list[float]:
        test = phase is Phase.VERDICT
        seeds = phase_seeds(session.settings.seed, phase, count)
        bench = Bench(
            session.workers, database, phase=phase, seeds=seeds, measure="test" if test else "validation", parts=2
        )
        means = []
        for pending in [bench.submit(p) for p in programs]:
            fits = bench.collect(pending).trainings
            scores = [t.test.score if test and t.test else t.score for t in fits]
            means.append(float(np.mean([-np.inf if s is None else s for s in scores])))
        return means


def main() -> None:
    """Runs what is missing in the file, and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=100)
    parser.add_argument("--training-seconds", type=float, default=40.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--evaluator", default="digits-noisy")
    parser.add_argument("--variants", nargs="*", default=list(VARIANTS))
    parser.add_argument("--out", type=Path, default=Path("ablations.jsonl"))
    options = parser.parse_args()
    lines = [json.loads(line) for line in options.out.read_text().splitlines()] if options.out.exists() else []
    done = {(line["variant"], line["seed"]) for line in lines}
    settings = load_settings(evaluator__name=options.evaluator)
    with (
        tempfile.TemporaryDirectory() as folder,
        open_session(settings, options.workers, Progress()) as session,
        options.out.open("a") as out,
    ):
        laboratory = Laboratory(session, Path(folder))
        for seed in range(options.first_seed, options.first_seed + options.seeds):
            for variant in options.variants:
                if (variant, seed) in done:
                    continue
                budget = ("search.evaluations=100000", f"search.training_seconds={options.training_seconds}")
                chosen = load_settings(
                    None, (*budget, *VARIANTS[variant]), seed=seed, evaluator__name=options.evaluator
                )
                line = laboratory.run(variant, chosen)
                lines.append(line)
                out.write(json.dumps(line) + "\n")
                out.flush()
                print(f"{variant}, seed {seed}: {line['test']:.4f}", file=sys.stderr)
    report(lines)


def report(lines: list[dict[str, object]]) -> None:
    """Prints one line a variant: means, and paired differences to the first variant."""
    by_variant: dict[str, dict[int, dict[str, float]]] = {}
    for line in lines:
        by_variant.setdefault(str(line["variant"]), {})[int(str(line["seed"]))] = line  # type: ignore[assignment]
    base = by_variant[next(iter(VARIANTS))]
    print(
        "variant | searches | test score, mean (least) | minus the default [95 %] | evaluations | seconds | operations"
    )
    for variant, runs in by_variant.items():
        common = sorted(set(runs) & set(base))
        d = np.array([runs[s]["test"] - base[s]["test"] for s in common])
        width = stats.t.ppf(0.975, len(d) - 1) * d.std(ddof=1) / np.sqrt(len(d)) if len(d) > 1 else np.nan
        mean = {name: np.mean([run[name] for run in runs.values()]) for name in ("test", "evaluations", "seconds")}
        least = min(run["test"] for run in runs.values())
        operations = np.mean([run["operations"] for run in runs.values()])
        print(
            f"{variant} | {len(runs)} | {mean['test']:.4f} ({least:.4f}) | {d.mean():+.4f} [{d.mean() - width:+.4f}, "
            f"{d.mean() + width:+.4f}] | {mean['evaluations']:.0f} | {mean['seconds']:.0f} | {operations:.0f}"
        )


if __name__ == "__main__":
    main()
