"""What becomes of the offline proposer's candidates, by operator; and which hand-designed losses one step can reach.

python benchmarks/proposals.py            shares that trace and pass the gate, sizes, milliseconds
python benchmarks/proposals.py --values   the same for a regression of one output, from the squared error
python benchmarks/proposals.py --reach    nearest loss to each of the zoo, among one-step changes of cross-entropy
"""

from __future__ import annotations

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

import numpy as np

from alphaloss.config import Settings
from alphaloss.gate import Gate, probes
from alphaloss.gate.duplicates import Field, gradient_field
from alphaloss.gate.gate import USUAL
from alphaloss.gate.probes import Inputs
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.source import print_source
from alphaloss.losses.types import GraphError, Target
from alphaloss.losses.zoo import REFERENCES, zoo_names, zoo_source
from alphaloss.proposers import Context, OfflineProposer
from alphaloss.proposers.crossovers import CROSSOVERS
from alphaloss.proposers.draws import NotApplicableError
from alphaloss.proposers.ideas import IDEAS, PRIOR_IDEAS
from alphaloss.proposers.small import SMALL
from alphaloss.proposers.tidy import tidy
from alphaloss.records import Candidate, Code, Duplicate, Program, Rejection, Variation
from alphaloss.sandbox import Sandbox

SETTINGS = Settings()
TARGET: Target = "values" if "--values" in sys.argv else "classes"
SEEDS = range(5)
MEMBERS = 16
GENERATIONS = 6
DRAWS = 300
ALONE = 40
NOT_TRACED = (Code.SOURCE, Code.TRACE, Code.SHAPE, Code.NOT_PER_SAMPLE)


def main() -> None:
    """Prints all tables."""
    with Sandbox(SETTINGS.sandbox) as sandbox:
        if "--reach" in sys.argv:
            print_reach(sandbox)
            return
        table = Table()
        one_step(sandbox, table)
        table.print(f"from {REFERENCES[TARGET]} alone: one step")
        table = Table()
        sizes = [list(drift(sandbox, seed, table)) for seed in SEEDS]
        table.print(f"populations of {MEMBERS} that drift for {GENERATIONS} generations, seeds 0 to {SEEDS[-1]}")
        print("\nmean size by generation:", *(f"{np.mean(g):.1f}" for g in zip(*sizes, strict=True)))
        print_alone(sandbox)


class Table:
    """Counts outcomes by operator."""

    def __init__(self) -> None:
        self.outcomes: dict[str, Counter[str]] = defaultdict(Counter)
        self.seconds: list[float] = []
        self.asked = 0

    def admit(
        self, gate: Gate, proposer: OfflineProposer, variation: Variation, rng: np.random.Generator
    ) -> list[Program]:
        """Proposes and gates once."""
        began = time.perf_counter()
        candidates = proposer.propose(variation, Context(rng=rng))
        self.seconds.append(time.perf_counter() - began)
        self.asked += 1
        outcomes = [gate.admit(candidate) for candidate in candidates]
        for candidate, outcome in zip(candidates, outcomes, strict=True):
            what = str(outcome.code) if isinstance(outcome, Rejection) else type(outcome).__name__
            kind, _, names = candidate.operator.partition(".")
            changes = names.split("+")
            groups = {"idea" if name in IDEAS else "small" for name in changes}
            every = groups.pop() if kind == "mutate" and len(groups) == 1 else kind
            for row in ("all", f"all {every}", *(changes if kind != "random" else ())):
                self.outcomes[row][what] += 1
        return [outcome for outcome in outcomes if isinstance(outcome, Program)]

    def print(self, title: str) -> None:
        """One row an operator, groups first."""
        median, late = 1e3 * np.quantile(self.seconds, [0.5, 0.99])
        print(f"\n{title}\n{self.asked} asked; {median:.0f} ms a proposal, 99th percentile {late:.0f} ms")
        print(f"{'':18}{'made':>6}{'traced':>8}{'passed':>8}{'known':>8}   refused with")
        for name in sorted(self.outcomes, key=lambda name: (not name.startswith("all"), name)):
            counts = self.outcomes[name]
            made = counts.total()
            traced = made - sum(counts[str(code)] for code in NOT_TRACED)
            refused = ", ".join(f"{c} {n}" for c, n in counts.most_common() if c not in ("Program", "Duplicate"))
            shares = (traced / made, counts["Program"] / made, counts["Duplicate"] / made)
            print(f"{name:18}{made:6}" + "".join(f"{share:8.0%}" for share in shares) + f"   {refused}")


def one_step(sandbox: Sandbox, table: Table) -> None:
    """Mutations of the reference, all in one gate."""
    gate, start = _begin(sandbox)
    proposer = OfflineProposer(SETTINGS.offline, start=start.graph)
    for draw in range(DRAWS):
        table.admit(gate, proposer, Variation(operator="mutate", parents=(start,)), np.random.default_rng([0, draw]))


def drift(sandbox: Sandbox, seed: int, table: Table) -> Iterator[float]:
    """A search without scores: survivors are drawn by lot. Yields the mean size of each generation."""
    gate, start = _begin(sandbox)
    proposer = OfflineProposer(SETTINGS.offline, start=start.graph)
    rng = np.random.default_rng([1, seed])
    members = [start]
    for _ in range(GENERATIONS):
        children = [
            child
            for _ in range(MEMBERS)
            for child in table.admit(
                gate, proposer, _variation(members, rng), np.random.default_rng(rng.integers(2**32))
            )
        ]
        everyone = [*members, *children]
        members = [everyone[i] for i in rng.permutation(len(everyone))[:MEMBERS]]
        yield float(np.mean([p.graph.size for p in members]))


def print_alone(sandbox: Sandbox) -> None:
    """The share that passes of what each operator makes, before the proposer's own checks.

    A child that equals its parent fails; one that equals another child does not.
    """
    gate, start = _begin(sandbox)
    parents = [start]
    proposer = OfflineProposer(SETTINGS.offline, start=start.graph)
    rng = np.random.default_rng(2)
    for _ in range(30):
        parents += Table().admit(gate, proposer, _variation(parents, rng), rng)
    keys = {parent.key for parent in parents}
    print(f"\nalone, without the proposer's own checks, on {len(parents)} losses\n{'':18}{'applies':>8}{'passed':>8}")
    for name, operator in {**SMALL, **IDEAS, **CROSSOVERS}.items():
        children = []
        for draw in range(ALONE):
            rng = np.random.default_rng([4, draw])
            graphs = [parents[i].graph for i in rng.permutation(len(parents))[: 1 + (name in CROSSOVERS)]]
            with suppress(NotApplicableError, GraphError):
                children.append(operator(*graphs, rng))
        outcomes = [gate.admit(Candidate(source=print_source(child), operator="benchmark")) for child in children]
        passed = sum(isinstance(o, Program) or (isinstance(o, Duplicate) and o.of not in keys) for o in outcomes)
        share = f"{passed / len(children):8.0%}" if children else "       -"
        print(f"{name:18}{len(children) / ALONE:8.0%}{share}")


def print_reach(sandbox: Sandbox) -> None:
    """For each loss of the zoo the nearest one-step idea, by cosine distance of gradient fields.

    The fields are taken at one-hot labels, where the model is undecided and where it is sure, right or wrong.
    """
    gate, start = _begin(sandbox)
    rng = np.random.default_rng(0)
    labels = np.eye(10)[rng.integers(0, 10, 96)]
    logits = rng.normal(0.0, 1.0, (96, 10)) + np.linspace(-4.0, 8.0, 96)[:, None] * labels
    probe = {**probes.typical(USUAL["classes"]), "y_true": labels, "y_pred": logits}
    wanted = {}
    for name in zoo_names():
        graph = gate.trace(Candidate(source=zoo_source(name), operator="benchmark"))
        assert isinstance(graph, LossGraph)
        wanted[name] = gradient_field(graph, probe)
    ideas = {**IDEAS, **PRIOR_IDEAS}
    one = _nearest(start.graph, wanted, probe, [(name,) for name in ideas for _ in range(DRAWS)])
    pairs = [tuple(rng.choice(list(ideas), 2)) for _ in range(4 * DRAWS)]
    two = _nearest(start.graph, wanted, probe, pairs)
    plain = gradient_field(start.graph, probe)
    print(f"{'distance to':18}{'cross-entropy':>15}{'one step':>10}{'two steps':>11}   one step by")
    for name, target in wanted.items():
        (distance, operators, source), (further, _, _) = one[name], two[name]
        here = 0.5 * float(np.sum((plain - target) ** 2))
        print(f"{name:18}{here:15.4f}{distance:10.4f}{further:11.4f}   {'+'.join(operators)}: {source}")


def _nearest(
    start: LossGraph, wanted: Mapping[str, Field], probe: Inputs, plans: Iterable[Sequence[str]]
) -> dict[str, tuple[float, Sequence[str], str]]:
    """For each field the nearest loss that a plan leads to: distance, plan, last line of the source."""
    ideas = {**IDEAS, **PRIOR_IDEAS}
    best: dict[str, tuple[float, Sequence[str], str]] = dict.fromkeys(wanted, (np.inf, (), ""))
    for draw, plan in enumerate(plans):
        graph, rng = start, np.random.default_rng([5, draw])
        try:
            for name in plan:
                graph = tidy(ideas[name](graph, rng))
        except (NotApplicableError, GraphError):
            continue
        field = gradient_field(graph, probe)
        for name, target in wanted.items():
            distance = 0.5 * float(np.sum((field - target) ** 2))
            if distance < best[name][0]:
                best[name] = (distance, plan, print_source(graph).splitlines()[-1].strip())
    return best


def _begin(sandbox: Sandbox) -> tuple[Gate, Program]:
    gate = Gate(sandbox, SETTINGS.gate, target=TARGET, classes={"classes": 10, "values": 1}[TARGET])
    start = gate.admit(Candidate(source=zoo_source(REFERENCES[TARGET]), operator="start"))
    assert isinstance(start, Program)
    return gate, start


def _variation(members: Sequence[Program], rng: np.random.Generator) -> Variation:
    """As an algorithm asks for them: mostly mutations, some crossovers, few refinements and random losses."""
    order = rng.permutation(len(members))
    kind = rng.choice(["mutate", "crossover", "refine", "random"], p=[0.55, 0.3, 0.1, 0.05])
    if kind == "crossover" and len(members) > 1:
        return Variation(operator="crossover", parents=(members[order[0]], members[order[1]]))
    with_constants = [m for m in members if any(node.op == "constant" for node in m.graph.nodes)]
    if kind == "refine" and with_constants:
        return Variation(operator="refine", parents=(with_constants[rng.integers(len(with_constants))],))
    if kind == "random":
        return Variation(operator="random")
    return Variation(operator="mutate", parents=(members[order[0]],))


if __name__ == "__main__":
    main()
