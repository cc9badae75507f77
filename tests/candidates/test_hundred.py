"""A hundred losses in the styles of language models: what traces means what Keras makes of it."""

from __future__ import annotations

import pytest
from candidates.agreement import HUNDRED, compare, trace

from alphaloss.losses.graph import LossGraph
from alphaloss.sandbox import Sandbox

REFUSED = {
    "026_concatenated_margin": "`ops.concatenate` joins or splits axes",
    "095_sorted_gaps": "Cut a number of classes from either end",
}


@pytest.fixture(scope="module")
def graphs(sandbox: Sandbox) -> dict[str, LossGraph | str]:
    return {path.stem: trace(sandbox, path.read_text()) for path in HUNDRED}


def test_all_trace_but_for_those_that_say_why(graphs: dict[str, LossGraph | str]) -> None:
    refused = {name: sentence for name, sentence in graphs.items() if isinstance(sentence, str)}
    assert len(graphs) == 100
    assert refused.keys() == REFUSED.keys()
    assert all(REFUSED[name] in refused[name] for name in REFUSED)


def test_value_and_gradient_are_those_of_the_source_in_keras(graphs: dict[str, LossGraph | str]) -> None:
    """Float32 against float32: the graph may only reorder what rounding allows."""
    found = {path.stem: compare(path, g, 10) for path in HUNDRED if isinstance(g := graphs[path.stem], LossGraph)}
    assert {name: differences for name, differences in found.items() if not max(differences) < 1e-6} == {}
