"""The operations that a loss may call, as a prompt lists them: made from what binding accepts."""

from __future__ import annotations

from functools import cache

from alphaloss.losses.lowering import LOWERINGS
from alphaloss.losses.lowering.signature import Lowering
from alphaloss.losses.types import DType, Target

FOR_CLASSES = frozenset({"categorical_crossentropy", "sparse_categorical_crossentropy", "binary_crossentropy"})
"""Names that are of no use in a regression."""

NOT_IN_KERAS = frozenset({"positive", "xlogy", "astype", "flatten", "getitem"})
"""Names that binding knows from methods of tensors and from other libraries; `keras.ops` has none of them."""


@cache
def operations_text(target: Target) -> str:
    """All functions of `keras.ops` that a loss may call, one line for each list of parameters.

    Element types are left out: a loss computes in float.

    Args:
        target: what the model predicts.
    """
    hidden = NOT_IN_KERAS if target == "classes" else NOT_IN_KERAS | FOR_CLASSES
    groups: dict[str, list[str]] = {}
    for name, lowering in LOWERINGS.items():
        if name == lowering.name and name not in hidden:
            groups.setdefault(_parameters(lowering), []).append(name)
    return "\n".join(f"{parameters}: {', '.join(names)}" for parameters, names in groups.items())


def _parameters(lowering: Lowering) -> str:
    shown = [p for p in lowering.parameters if p.required or p.kind != DType | None]
    given = [p.name if p.required else f"{p.name}={p.default!r}" for p in shown]
    return f"({', '.join([*given, *(['*operands'] if lowering.rest else [])])})"
