"""A loss as one line of mathematics, for people to read; nothing is computed from it.

y_k is the label, z_k the logit and p_k the probability of class k; K is the number of classes.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import sympy

from alphaloss.losses.graph import LossGraph

_SYMBOLS = {"y_true": "y_k", "y_pred": "z_k", "class_prior": r"\pi_k"}


_SHORT = 6  # nodes that are written again instead of being given a letter


def expression(graph: LossGraph) -> tuple[sympy.Expr, dict[sympy.Symbol, sympy.Expr]]:
    """The loss of one sample as a sympy expression.

    Returns:
        The expression, and the definitions of the letters in it: what is used more than once and is not short. Written
        out, a loss of forty operations can fill a book.
    """
    uses = Counter(arg for node in graph.nodes for arg in node.args)
    definitions: dict[sympy.Symbol, sympy.Expr] = {}
    values: list[Any] = [sympy.Symbol(_SYMBOLS[name], real=True) for name in graph.inputs]
    lengths = [1] * len(values)
    p = sympy.Symbol("p_k", positive=True)
    logits = graph.inputs.index("y_pred")
    for value, node in enumerate(graph.nodes, start=len(values)):
        length = 1 + sum(lengths[a] for a in node.args)
        if node.op == "softmax" and node.args == (logits,):
            values.append(p)
        elif node.op == "log_softmax" and node.args == (logits,):
            values.append(sympy.log(p))
        else:
            # Unevaluated, so that the line shows the loss as it is written.
            with sympy.evaluate(False):
                values.append(node.operation.sympy(sympy, *(values[a] for a in node.args), **node.static))
        if uses[value] > 1 and length > _SHORT and value != graph.output:
            index = ", k" if "classes" in graph.types[value].dims else ""
            letter = sympy.Symbol(f"t_{{{len(definitions) + 1}{index}}}", real=True)
            definitions[letter] = values[-1]
            values[-1], length = letter, 1
        lengths.append(length)
    return values[graph.output], definitions


def latex(graph: LossGraph) -> str:
    """One line of LaTeX without delimiters; shared parts follow as definitions."""
    loss, definitions = expression(graph)
    parts = [_latex(loss), *(f"{_latex(letter)} = {_latex(value)}" for letter, value in definitions.items())]
    return r" \quad ".join(parts)


def _latex(value: sympy.Expr) -> str:
    return str(sympy.latex(value, order="none"))
