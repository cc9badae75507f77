"""How long trainers wait for a language model: whole searches with the stand-in at some latency.

python benchmarks/llm.py --latency 2 --workers 2
python benchmarks/llm.py --offline
python benchmarks/llm.py --latency 8 --training 1.5     # trainings that only wait: of use on a busy machine, too
"""

from __future__ import annotations

import argparse
import os
import time
from contextlib import nullcontext
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

from waiting_workers import WaitingWorkers

import alphaloss.session
from alphaloss.config import load_settings
from alphaloss.database import Database
from alphaloss.progress import Progress, SearchState
from alphaloss.records import Phase, Program
from alphaloss.run import evolve
from alphaloss.testing import MockLLM, answer


class _Watch(Progress):
    """Notes how busy the workers are after each wave of the search."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.began = 0.0
        self.states: list[tuple[float, float, SearchState]] = []  # seconds since the search began, busy seconds

    def phase(self, phase: Phase, trainings: int) -> None:
        if phase is Phase.SEARCH:
            self.began = time.monotonic()

    def wave(self, state: SearchState) -> None:
        passed = time.monotonic() - self.began
        self.states.append((passed, state.utilisation * self.workers * passed, state))

    def idle(self, until: float) -> float:
        """Share of the workers' time without work, from the first wave told to that with so many evaluations begun."""
        first, *_ = self.states
        last = next(state for state in self.states if state[2].evaluations >= until)
        return 1.0 - (last[1] - first[1]) / (self.workers * (last[0] - first[0]))


def main() -> None:
    """Runs a search and prints what it waited for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--latency", type=float, default=2.0, help="seconds of each answer")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--evaluations", type=int, default=80)
    parser.add_argument("--training", type=float, help="let each training only wait, so many seconds")
    parser.add_argument("--offline", action="store_true", help="without a language model, to compare")
    parser.add_argument("--set", dest="overrides", action="append", default=[], metavar="A.B=C")
    args = parser.parse_args()
    if args.training:
        WaitingWorkers.seconds = args.training
        alphaloss.session.Workers = WaitingWorkers
    small = ["selection.seeds=2", "verdict.seeds=2", "selection.programs=1", "selection.zoo=1"]
    small += ["selection.learning_rates=[0.5]", f"search.evaluations={args.evaluations}"]
    service = nullcontext() if args.offline else MockLLM(then=answer, seconds=args.latency)
    with service as llm, TemporaryDirectory() as folder:
        values = {} if llm is None else {"proposer": "llm", "llm__models": [{"name": "mock", "base_url": llm.url}]}
        watch, run = _Watch(args.workers), Path(folder) / "run"
        load = os.getloadavg()[0]
        result = evolve(
            load_settings(None, [*small, *args.overrides], **values), run, workers=args.workers, progress=watch
        )
        with Database.read(run / "run.sqlite") as database:
            prompts = [sum(len(m.content) for m in a.exchange.messages) for a in database.exchanges()]
            written = [e.outcome.candidate.details for e in database.entries() if isinstance(e.outcome, Program)]
    seconds = watch.states[-1][0] - watch.states[0][0]
    print(f"load {load:.1f} before, {os.getloadavg()[0]:.1f} after; search {seconds:.0f} s after its first wave")
    print(f"idle from the first wave told to the last begun: {watch.idle(args.evaluations):.1%}")
    print(f"programs {result.admitted}, rejected {result.rejected}, duplicates {result.duplicates}")
    if prompts and result.llm:
        print(f"prompts: mean {fmean(prompts):,.0f} characters, longest {max(prompts):,}; {result.llm}")
        by_model = sum("exchange" in details for details in written)
        use = result.llm.use
        print(
            f"{by_model} programs by models; for each {(use.prompt_tokens + use.completion_tokens) / by_model:,.0f} "
            f"tokens ({use.prompt_tokens / by_model:,.0f} of prompts), {use.calls / by_model:.2f} calls"
        )


if __name__ == "__main__":
    main()
