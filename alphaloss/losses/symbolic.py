"""A loss as one line of mathematics, for people to read; nothing is computed from it.

y_k is the label, z_k the logit and p_k the probability of class k; K is the number of classes.
"""

from __future__ import annotations

from typing import Any

import sympy

from alphaloss.losses.graph import LossGraph

_SYMBOLS = {"y_true": "y_k", "y_pred": "z_k", "class_prior": r"\pi_k"}


def expression(graph: LossGraph) -> sympy.Expr:
    """The loss of one sample as a sympy expression."""
    values: list[Any] = [sympy.Symbol(_SYMBOLS[name], real=True) for name in graph.inputs]
    p = sympy.Symbol("p_k", positive=True)
    logits = graph.inputs.index("y_pred")
    for node in graph.nodes:
        if node.op == "softmax" and node.args == (logits,):
            values.append(p)
        elif node.op == "log_softmax" and node.args == (logits,):
            values.append(sympy.log(p))
        else:
            # Unevaluated, so that the line shows the loss as it is written.
            with sympy.evaluate(False):
                values.append(node.operation.sympy(sympy, *(values[a] for a in node.args), **node.static))
    return values[graph.output]


def latex(graph: LossGraph) -> str:
    """One line of LaTeX without delimiters."""
    return str(sympy.latex(expression(graph), order="none"))


def plain(graph: LossGraph) -> str:
    """One line of text, for a terminal."""
    return str(sympy.sstr(expression(graph), order="none"))
