from __future__ import annotations

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.cost import cost, elements
from alphaloss.losses.operations import OPERATIONS


def test_elements_are_the_sizes_of_all_computed_values():
    b = GraphBuilder()
    gap = b.add("subtract", b.add("expand_dims", 1, axis=-1), b.add("expand_dims", 1, axis=-2))
    graph = b.graph(b.add("sum", b.add("max", gap, axis=-1), axis=-1))
    # two expand_dims, the table of differences, its row maxima, their sum
    assert elements(graph, 10) == 10 + 10 + 100 + 10 + 1
    assert elements(graph, 1000) == 1_000_000 + 3 * 1_000 + 1


def test_an_operation_costs_its_row_for_each_element_that_it_reads_or_gives():
    b = GraphBuilder()
    highest = b.add("top_k", b.input("y_pred"), k=3)
    graph = b.graph(b.add("sum", b.add("power", highest, b.constant(0.7)), axis=-1))
    row = {name: OPERATIONS[name].cost for name in ("top_k", "power", "sum")}
    assert cost(graph, 100) == row["top_k"] * 100 + row["power"] * 3 + row["sum"] * 3
    assert elements(graph, 100) == 3 + 1 + 3 + 1  # the constant is one


def test_a_loss_of_values_is_counted_by_its_outputs():
    b = GraphBuilder(target="values")
    graph = b.graph(b.add("mean", b.add("square", b.add("subtract", 1, 0)), axis=-1))
    assert elements(graph, 10, outputs=4) == 4 + 4 + 1
    assert cost(graph, 10) == 3
