"""What becomes of the tree proposer's candidates, by primitive set; and which hand-designed losses are such trees.

python benchmarks/trees.py [N]              of N initial trees and N children: shares that trace and pass the gate, with
                                            its checks 8 and 9 and without, sizes, milliseconds of
                                            processor time
python benchmarks/trees.py --values [N]     the same for a regression
python benchmarks/trees.py --zoo            the zoo's losses as trees, and how far these are from them
python benchmarks/trees.py --set a=b ...    with other settings of `tree`
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import get_args

import numpy as np
import yaml

from alphaloss.config import GateSettings, Settings, TreeSettings
from alphaloss.gate import Gate, probes
from alphaloss.gate.duplicates import field_distance, gradient_field
from alphaloss.gate.gate import USUAL
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.types import Target
from alphaloss.losses.zoo import zoo_names, zoo_source
from alphaloss.proposers import Context, TreeProposer
from alphaloss.proposers.trees.operators import TreeOperators, seeded
from alphaloss.proposers.trees.primitives import LABELS, PREDICTIONS
from alphaloss.proposers.trees.to_graph import to_graph
from alphaloss.proposers.trees.tree import Tree
from alphaloss.records import Candidate, Code, Duplicate, Program, Rejection, Variation
from alphaloss.sandbox import Sandbox

SETS = get_args(TreeSettings.model_fields["primitives"].annotation)
NOT_TRACED = (Code.SOURCE, Code.TRACE, Code.SHAPE, Code.NOT_PER_SAMPLE)
CROSSOVER, NEW_PARTNER, SUBTREE, POINT = 0.8, 0.5, 0.3, 0.1
"""Shares among the children; the last three are the thesis' probabilities."""


def main() -> None:
    """Prints what was asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("count", nargs="?", type=int, default=500)
    parser.add_argument("--values", action="store_true")
    parser.add_argument("--zoo", action="store_true")
    parser.add_argument("--set", nargs="*", default=[], dest="changes")
    args = parser.parse_args()
    target: Target = "values" if args.values else "classes"
    changes = {name: yaml.safe_load(value) for name, _, value in (change.partition("=") for change in args.changes)}
    with Sandbox(Settings().sandbox) as sandbox:
        for primitives in [changes.pop("primitives")] if "primitives" in changes else SETS:
            proposer = TreeProposer(TreeSettings(primitives=primitives, **changes), target)
            if args.zoo:
                print_zoo(sandbox, proposer, target)
            else:
                print_shares(sandbox, proposer, target, args.count)


def print_shares(sandbox: Sandbox, proposer: TreeProposer, target: Target, count: int) -> None:
    """Initial trees at a gate with checks 8 and 9 and at one without; then children of those that it admitted."""
    print(f"\n## {proposer.settings.primitives}, {target}")
    print_validity(proposer.operators)
    began = time.process_time()
    initial = [propose(proposer, Variation(operator="init"), number) for number in range(count)]
    report("initial trees", initial, 1e3 * (time.process_time() - began) / count)
    pools = {}
    for useful in (True, False):
        gate = Gate(sandbox, GateSettings(useful=useful), target=target)
        pools[useful] = admit(gate, initial, useful)
    for useful, pool in pools.items():
        if len(pool) < 2:
            print("too few parents")
            continue
        gate = Gate(sandbox, GateSettings(useful=useful), target=target)
        for parent in pool:
            gate.known.add(parent.graph, np.array(parent.gradient_field), 1.0 / parent.gradient_scale)
        began = time.process_time()
        children = [propose(proposer, v, number) for number, v in enumerate(variations(pool, count))]
        report(f"children of {len(pool)}", children, 1e3 * (time.process_time() - began) / count)
        admit(gate, children, useful)


def print_validity(operators: TreeOperators) -> None:
    """Why grown trees are invalid, and the thesis' children of valid ones."""
    with seeded(np.random.default_rng(0)):
        valid = [operators.new() for _ in range(200)]
        grown = [
            operators._grown(operators.settings.least_height, operators.settings.initial_height) for _ in valid * 5
        ]
        children = []
        for _ in valid * 5:
            receiver, donor = random.sample(valid, 2)
            child = operators.crossover(receiver, donor if random.random() >= NEW_PARTNER else operators.new())
            for mutation, share in (("subtree", SUBTREE), ("point", POINT)):
                child = operators.mutate(child, mutation) if random.random() < share else child
            children.append(child)
        for what, trees in (("grown", grown), ("children", children)):
            reasons = Counter(validity(operators, tree) for tree in trees).most_common()
            print(f"{what}:", ", ".join(f"{reason} {count / len(trees):.1%}" for reason, count in reasons))


def validity(operators: TreeOperators, tree: Tree) -> str:
    """`valid`, or why it is not."""
    if operators.loss(tree) is not None:
        return "valid"
    if tree.names.isdisjoint(LABELS):
        return "no label"
    if tree.names.isdisjoint(PREDICTIONS):
        return "no prediction"
    return "beyond a limit or out of range"


def variations(pool: Sequence[Program], count: int) -> Iterator[Variation]:
    """What the classics ask for."""
    rng = np.random.default_rng(1)
    for _ in range(count):
        mutations = tuple(m for m, share in (("subtree", SUBTREE), ("point", POINT)) if rng.random() < share)
        parents = tuple(pool[i] for i in rng.permutation(len(pool))[:2])
        if rng.random() >= CROSSOVER:
            yield Variation(operator="mutate", parents=parents[:1])
        else:
            some = parents[: 1 if rng.random() < NEW_PARTNER else 2]
            yield Variation(operator="crossover", parents=some, mutations=mutations)


def propose(proposer: TreeProposer, variation: Variation, number: int) -> Candidate:
    """One candidate."""
    made = proposer.begin(variation, Context(rng=np.random.default_rng([0, number]))).candidates()
    assert isinstance(made, list), made
    return made[0]


def report(what: str, candidates: Sequence[Candidate], milliseconds: float) -> None:
    """Prints how large they are, and how they were made."""
    trees = [str(candidate.details["tree"]) for candidate in candidates]
    sizes = np.percentile([1 + tree.count("(") + tree.count(",") for tree in trees], [5, 50, 95, 100])
    new = sum(candidate.operator.endswith(".new") for candidate in candidates) / len(candidates)
    print(f"{what}: {milliseconds:.1f} ms each; nodes {sizes} (5 %, median, 95 %, most); written before ", end="")
    print(f"{1 - len(set(trees)) / len(trees):.0%}; invalid, so replaced {new:.0%}")


def admit(gate: Gate, candidates: Sequence[Candidate], useful: bool) -> list[Program]:
    """Gates all, prints what became of them, and gives those that were admitted."""
    outcomes = [gate.admit(candidate) for candidate in candidates]
    codes = Counter(str(o.code) if isinstance(o, Rejection) else type(o).__name__ for o in outcomes)
    traced = sum(not isinstance(o, Rejection) or o.code not in NOT_TRACED for o in outcomes)
    known = sum(isinstance(o, Duplicate) for o in outcomes)
    n = len(outcomes)
    shares = ", ".join(f"{name} {share / n:.1%}" for name, share in codes.most_common())
    checks = "all checks" if useful else "without checks 8 and 9"
    print(f"  gate, {checks}: traced {traced / n:.1%}, known {known / n:.1%}: {shares}")
    return [o for o in outcomes if isinstance(o, Program)]


def print_zoo(sandbox: Sandbox, proposer: TreeProposer, target: Target) -> None:
    """Which losses of the zoo are read as trees, with the distance of the gradient fields."""
    print(f"\n## {proposer.settings.primitives}")
    gate, typical = Gate(sandbox, GateSettings(), target=target), probes.typical(USUAL[target])
    for name in zoo_names(target):
        graph = gate.trace(Candidate(source=zoo_source(name), operator="start"))
        assert isinstance(graph, LossGraph)
        tree = proposer.operators.read(graph)
        if tree is None:
            print(f"{name:20} no tree")
            continue
        back = to_graph(tree, proposer.operators.primitives, target, proposer.settings.reduction)
        distance = field_distance(gradient_field(graph, typical), gradient_field(back, typical))
        print(f"{name:20} {distance:.0e}  {tree}")


if __name__ == "__main__":
    main()
