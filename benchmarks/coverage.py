"""How often the verdict's intervals hold the true difference, and how often "better" is false: simulated runs.

python benchmarks/coverage.py [--runs 1000] [--case NAME ...]

A run goes through the real `select` and `judge`; only the trainings are simulated. Training with loss l on seed s
classifies image i rightly if

    accuracy of l + effect of s on l + difficulty of i for l + noise of its own > 0        (all but the first normal)

where half of a seed's effect is shared by all losses, and so is nearly all of an image's difficulty. Sizes are those of
digits-noisy (10 seeds, 847 test images): standard deviations of a robust loss .014 over seeds and .14 over images.
Every run draws new seeds and new images, so that a loss's accuracy is its mean over all of both, as is claimed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from scipy import optimize, stats

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))  # programs as the tests make them

from factories import make_program, make_programs
from losses.graphs import cross_entropy

from alphaloss.config import SelectionSettings, VerdictSettings
from alphaloss.progress import Progress
from alphaloss.records import Evaluation, Phase, Program, Status, TestResult, Training
from alphaloss.selection import select
from alphaloss.statistics import Values, paired
from alphaloss.verdict import BEST_OF_ZOO, Verdict, early_stopped, judge

NAME, REFERENCE = "cross-entropy", make_program(cross_entropy())
PROGRAMS = make_programs(7)
FINALISTS, ZOO = PROGRAMS[:4], PROGRAMS[4:]
CONFIDENCE = 0.95
RESAMPLES = 500
EARLY = "early"


@dataclass(frozen=True)
class Behaviour:
    """A loss on the simulated task; effects are in standard deviations of the noise.

    Attributes:
        accuracy: over all seeds and images, of trainings that do not collapse.
        seeds: size of the seeds' effect.
        images: size of the images' difficulty that all losses share.
        own_images: size of the difficulty that is this loss's alone.
        collapses: probability that a training collapses.
        fall: by how much it does, on the scale of the effects.
    """

    accuracy: float
    seeds: float = 0.22
    images: float = 1.3
    own_images: float = 0.2
    collapses: float = 0.0
    fall: float = 1.5

    @property
    def spread(self) -> float:
        """Of all effects and the noise together."""
        return float(np.sqrt(1 + self.seeds**2 + self.images**2 + self.own_images**2))

    @cached_property
    def threshold(self) -> float:
        """What the effects are added to."""
        return float(stats.norm.ppf(self.accuracy)) * self.spread

    @property
    def truth(self) -> float:
        """Accuracy over all trainings, collapsed ones among them."""
        collapsed = float(stats.norm.cdf((self.threshold - self.fall) / self.spread))
        return (1 - self.collapses) * self.accuracy + self.collapses * collapsed


def memorising(accuracy: float) -> Behaviour:
    """Cross-entropy trained to the end: wrong on images that are not difficult."""
    return Behaviour(accuracy, seeds=0.12, images=0.4, own_images=0.1)


def collapsing(truth: float, probability: float) -> Behaviour:
    """A loss that is better than this where it does not collapse, and as good on the whole."""
    base = Behaviour(truth, collapses=probability)
    accuracy = optimize.brentq(lambda accuracy: replace(base, accuracy=accuracy).truth - truth, truth, 0.999)
    return replace(base, accuracy=accuracy)


@dataclass(frozen=True)
class Case:
    """A simulated task; cross-entropy at other learning rates is as good as at its own."""

    finalists: tuple[Behaviour, ...]
    zoo: tuple[Behaviour, ...]
    reference: Behaviour
    early: Behaviour
    seeds: int = 10
    images: int = 847

    @classmethod
    def of(cls, finalists: float, zoo: float, early: float, reference: float, *, memorise: bool) -> Case:
        """Finalists and zoo of equal accuracy each."""
        plain = memorising(reference) if memorise else Behaviour(reference)
        return cls((Behaviour(finalists),) * 4, (Behaviour(zoo),) * 3, plain, Behaviour(early))

    def map(self, **changes: float) -> Case:
        """With these changes to every behaviour."""
        return replace(
            self,
            finalists=tuple(replace(b, **changes) for b in self.finalists),
            zoo=tuple(replace(b, **changes) for b in self.zoo),
            reference=replace(self.reference, **changes),
            early=replace(self.early, **changes),
        )


EQUAL = Case.of(0.93, 0.93, 0.93, 0.93, memorise=False)
SMALL = Case.of(0.945, 0.93, 0.93, 0.93, memorise=False)
CASES = {
    "all equal": EQUAL,
    "equal to the zoo": Case.of(0.95, 0.95, 0.92, 0.71, memorise=True),
    "equal to early stopping": Case.of(0.94, 0.92, 0.94, 0.71, memorise=True),
    "small effect": SMALL,
    "large effect": Case.of(0.965, 0.937, 0.925, 0.71, memorise=True),
    "all equal, 5 seeds": replace(EQUAL, seeds=5),
    "small effect, 5 seeds": replace(SMALL, seeds=5),
    "all equal, 20 seeds": replace(EQUAL, seeds=20),
    "small effect, 20 seeds": replace(SMALL, seeds=20),
    "all equal, few images": replace(EQUAL.map(seeds=0.05, own_images=0.6), images=100),
    "small effect, many images": replace(SMALL.map(seeds=0.4, own_images=0.05), images=3000),
    "all equal, all collapse": EQUAL.map(collapses=0.05),
    "small effect, all collapse": SMALL.map(collapses=0.05),
    "all equal, finalists collapse": replace(EQUAL, finalists=(collapsing(EQUAL.reference.truth, 0.05),) * 4),
}


class SimulatedBench:
    """Stands for `Bench`: its trainings are draws from a case."""

    def __init__(self, case: Case, rng: np.random.Generator, *, seeds: int, images: int, test: bool) -> None:
        self.workers = SimpleNamespace(info=SimpleNamespace(direction="max"))
        self.seeds = tuple(range(seeds))
        self.early = case.early
        self.by_key = {REFERENCE.key: case.reference} | {
            p.key: b for p, b in zip((*FINALISTS, *ZOO), (*case.finalists, *case.zoo), strict=True)
        }
        self.rng = rng
        self.test = test
        self.of_seeds = rng.normal(size=seeds)
        self.of_images = rng.normal(size=images)
        self.own: dict[str, Values] = {}
        self.samples: dict[str, Values] = {}
        self.trained: dict[tuple[str, float], Evaluation] = {}

    def submit(self, program: Program, *, learning_rate_scale: float = 1.0) -> tuple[Program, float]:
        """Remembers nothing: whatever is trained is drawn when it is collected."""
        return program, learning_rate_scale

    def collect(self, pending: tuple[Program, float]) -> Evaluation:
        """The trainings of a program, on every seed; drawn once."""
        program, scale = pending
        if (program.key, scale) not in self.trained:
            self.trained[program.key, scale] = self._train(program, scale)
        return self.trained[program.key, scale]

    def _train(self, program: Program, scale: float) -> Evaluation:
        final = early = self._draw(self.by_key[program.key], program.key)
        if program is REFERENCE:
            early = self._draw(self.early, EARLY)
        if scale == 1.0:
            self.samples[program.key] = final
        if scale == 1.0 and program is REFERENCE:
            self.samples[EARLY] = early
        trainings = tuple(
            Training(
                key=program.key,
                rung="full",
                seed=seed,
                learning_rate_scale=scale,
                status=Status.OK,
                score=float(final[seed].mean()),
                curve=(),
                test=_test_result(final[seed], early[seed]) if self.test else None,
                seconds=0.0,
                steps=0,
            )
            for seed in self.seeds
        )
        return Evaluation(key=program.key, phase=Phase.VERDICT, rung="full", trainings=trainings)

    def _draw(self, loss: Behaviour, name: str) -> Values:
        """Which images are right, shape (seeds, images)."""
        rng, seeds = self.rng, len(self.seeds)
        if name not in self.own:
            self.own[name] = rng.normal(size=len(self.of_images))
        of_seeds = loss.seeds * np.sqrt(0.5) * (self.of_seeds + rng.normal(size=seeds))
        of_seeds -= loss.fall * (rng.random(seeds) < loss.collapses)
        of_images = loss.images * self.of_images + loss.own_images * self.own[name]
        noise = rng.normal(size=(seeds, len(self.of_images)))
        right: Values = (loss.threshold + of_seeds[:, None] + of_images + noise > 0).astype(np.float64)
        return right


def _test_result(final: Values, early: Values) -> TestResult:
    return TestResult(
        score=float(final.mean()),
        samples=tuple(final.tolist()),
        early_epoch=1,
        early_score=float(early.mean()),
        early_samples=tuple(early.tolist()),
    )


@dataclass
class Tally:
    """What the runs of one case came to."""

    runs: int = 0
    false_any: int = 0
    counts: Mapping[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    sums: Mapping[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, verdict: Verdict, truths: Mapping[str, float], samples: Mapping[str, tuple[Values, Values]]) -> None:
        """Counts one run.

        Args:
            verdict: of the run.
            truths: the true differences, by reference.
            samples: what the champion and each reference got right.
        """
        self.runs += 1
        self.false_any += any(c.holds and truths[c.against] <= 0 for c in verdict.claims)
        for claim in verdict.claims:
            truth, counts, sums = truths[claim.against], self.counts[claim.against], self.sums[claim.against]
            ours, theirs = samples[claim.against]
            plain_low, plain_high = plain_bootstrap(ours - theirs, np.random.default_rng(self.runs))
            seeds_only = paired(ours.mean(axis=1), theirs.mean(axis=1), CONFIDENCE)
            counts["holds"] += claim.holds
            counts["bootstrap"] += claim.low <= truth <= claim.high
            counts["t"] += claim.t_low <= truth <= claim.t_high
            counts["plain bootstrap"] += plain_low <= truth <= plain_high
            counts["t over seeds"] += seeds_only.low <= truth <= seeds_only.high
            sums["truth"] += truth
            sums["width"] += claim.high - claim.low
            sums["plain width"] += plain_high - plain_low
            sums["detectable"] += claim.detectable or 0.0


def plain_bootstrap(difference: Values, rng: np.random.Generator) -> tuple[float, float]:
    """The percentile interval that draws seeds and images with replacement, and nothing else."""
    seeds, images = difference.shape
    kinds, counts = np.unique(difference, axis=1, return_counts=True)  # images of a kind are drawn together
    by_seed = rng.multinomial(seeds, np.full(seeds, 1 / seeds), RESAMPLES) / seeds
    by_image = rng.multinomial(images, counts / images, RESAMPLES) / images
    means = np.einsum("rs,rs->r", by_seed, by_image @ kinds.T)
    low, high = np.quantile(means, [0.5 - CONFIDENCE / 2, 0.5 + CONFIDENCE / 2])
    return float(low), float(high)


def simulate(case: Case, runs: int, seed: int = 0) -> Tally:
    """Whole runs from selection to verdict."""
    tally = Tally()
    for run in range(runs):
        rng = np.random.default_rng([seed, run])
        chosen = select(
            SelectionSettings(),
            SimulatedBench(case, rng, seeds=8, images=200, test=False),  # type: ignore[arg-type]
            finalists=FINALISTS,
            zoo=ZOO,
            reference=REFERENCE,
            progress=Progress(),
        )
        bench = SimulatedBench(case, rng, seeds=case.seeds, images=case.images, test=True)
        verdict = judge(
            VerdictSettings(confidence=CONFIDENCE),
            bench,  # type: ignore[arg-type]
            champion=chosen.champion,
            best_of_zoo=chosen.best_of_zoo,
            reference=REFERENCE,
            learning_rate_scale=chosen.learning_rate_scale,
            progress=Progress(),
        )
        keys = {NAME: REFERENCE.key, early_stopped(NAME): EARLY, BEST_OF_ZOO: chosen.best_of_zoo.key}
        behaviours = bench.by_key | {EARLY: case.early}
        ours = behaviours[chosen.champion.key].truth
        tally.add(
            verdict,
            # Equal but for rounding is equal: nothing is better by 1e-16.
            {label: round(ours - behaviours[key].truth, 9) for label, key in keys.items()},
            {label: (bench.samples[chosen.champion.key], bench.samples[key]) for label, key in keys.items()},
        )
    return tally


def rate(count: int, runs: int) -> str:
    """A share in percent with its 95 % interval."""
    interval = stats.binomtest(count, runs).proportion_ci(0.95)
    return f"{100 * count / runs:.1f} [{100 * interval.low:.1f}, {100 * interval.high:.1f}]"


def report(name: str, tally: Tally) -> None:
    """One line a claim."""
    runs = tally.runs
    for label, counts in tally.counts.items():
        mean = {what: total / runs for what, total in tally.sums[label].items()}
        cells = [
            name,
            label,
            f"{100 * mean['truth']:+.1f}",
            *(rate(counts[method], runs) for method in ("bootstrap", "t", "plain bootstrap", "t over seeds")),
            f"{100 * mean['width']:.1f}",
            f"{100 * mean['plain width']:.1f}",
            rate(counts["holds"], runs),
            f"{100 * mean['detectable']:.1f}",
        ]
        print(f"| {' | '.join(cells)} |", flush=True)
    print(f"| {name} | any false claim | | | | | | | | {rate(tally.false_any, runs)} | |", flush=True)


def detectable_case(runs: int) -> Case:
    """Equal but for cross-entropy, which is worse by the mean of what verdicts on this very case call detectable."""
    case = EQUAL
    for _ in range(3):  # a worse loss also varies more
        tally = simulate(case, runs, seed=1)
        gap = tally.sums[NAME]["detectable"] / tally.runs
        case = replace(EQUAL, reference=Behaviour(EQUAL.reference.accuracy - gap))
    return case


def main(runs: int, names: Sequence[str]) -> None:
    """Prints a table; percentages, differences in points."""
    print(
        "| case | against | true | bootstrap | t | plain bootstrap | t over seeds | width | plain width | "
        "called better | detectable |\n|---|---|---|---|---|---|---|---|---|---|---|"
    )
    started = time.monotonic()
    for name in names:
        case = CASES[name] if name in CASES else detectable_case(max(runs // 10, 1))
        report(name, simulate(case, runs))
    print(f"\n{runs} runs a case; {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    every = [*CASES, "detectable effect"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--case", choices=every, nargs="+", default=every, metavar="NAME", help="; ".join(every))
    arguments = parser.parse_args()
    main(arguments.runs, arguments.case)
