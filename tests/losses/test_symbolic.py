"""The formula that people read: signs, brackets and the order of factors. What each operation is called there is tested
with the operation table."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from alphaloss.losses.canonical import GraphBuilder
from alphaloss.losses.symbolic import latex

X, Y = r"\sum_{k=1}^{K} z_{k}", r"\sum_{k=1}^{K} y_{k}"


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (lambda b, x, y: b.add("subtract", x, b.add("negative", y)), rf"{X} - {{\left(- {Y}\right)}}"),
        (lambda b, x, y: b.add("subtract", x, b.add("subtract", y, x)), rf"{X} - \left({Y} - {X}\right)"),
        (lambda b, x, y: b.add("negative", b.add("negative", x)), rf"- {{\left(- {X}\right)}}"),
        (lambda b, x, y: b.add("multiply", b.constant(-2.0), b.add("negative", y)), rf"- 2 {{\left(- {Y}\right)}}"),
        (
            lambda b, x, y: b.add("multiply", b.constant(0.5, "beta"), b.add("multiply", b.constant(-2.0), y)),
            rf"\beta {{\left(- 2 {Y}\right)}}",
        ),
        (lambda b, x, y: b.add("multiply", y, b.constant(0.5, "beta")), rf"\beta {Y}"),
        (lambda b, x, y: b.add("add", b.constant(1.0, "beta"), y), rf"{Y} + \beta"),
        (lambda b, x, y: b.add("power", b.add("negative", x), y), rf"\left(- {X}\right)^{{{Y}}}"),
    ],
)
def test_no_sign_is_lost(build: Callable[[GraphBuilder, int, int], int], expected: str):
    b = GraphBuilder()
    x, y = (b.add("sum", b.input(name), axis=-1) for name in ("y_pred", "y_true"))
    assert latex(b.graph(build(b, x, y))) == expected


def test_the_letters_of_shared_parts_are_no_constants():
    b = GraphBuilder()
    t1 = b.constant(0.8, "t1")
    shared = b.add("exp", b.add("sum", b.add("square", b.add("subtract", 1, b.add("multiply", t1, 0))), axis=-1))
    formula = latex(b.graph(b.add("add", b.add("multiply", t1, shared), b.add("log", shared))))
    assert formula.endswith(r"\quad u_{1} = e^{\sum_{k=1}^{K} \left(z_{k} - t_{1} y_{k}\right)^{2}}")
