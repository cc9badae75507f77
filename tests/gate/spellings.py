"""Rewritten spellings of known losses, and near misses: what the recognition of duplicates is measured with.

A formula is written over pieces that have several spellings each; a `Style` chooses among them, and orders products,
names variables and wraps the result in a factor or an offset. What two styles compute is equal, or equal within a
guard such as log(p + 1e-9). Near misses are the same formula with another constant, or another formula.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

_P = (
    "ops.softmax(y_pred, axis=-1)",
    "ops.exp(ops.log_softmax(y_pred, axis=-1))",
    "ops.nn.softmax(y_pred)",
    "ops.softmax(y_pred - ops.max(y_pred, axis=-1, keepdims=True))",
    "ops.exp(y_pred - ops.logsumexp(y_pred, axis=-1, keepdims=True))",
    "ops.clip(ops.softmax(y_pred, axis=-1), 1e-9, 1.0)",
)
_LOG_P = (
    "ops.log_softmax(y_pred, axis=-1)",
    "y_pred - ops.logsumexp(y_pred, axis=-1, keepdims=True)",
    "ops.log(ops.softmax(y_pred, axis=-1) + 1e-9)",
    "ops.log(ops.clip(ops.softmax(y_pred, axis=-1), 1e-7, 1.0))",
    "ops.log(ops.maximum(ops.softmax(y_pred), 1e-9))",
    "ops.nn.log_softmax(y_pred + 3.0)",
    "-ops.logsumexp(ops.expand_dims(y_pred, -2) - ops.expand_dims(y_pred, -1), axis=-1)",
)
_SUM = (
    "ops.sum({}, axis=-1)",
    "(y_pred.shape[-1] * ops.mean({}, axis=-1))",
    "(-ops.sum(-({}), -1))",
    "ops.squeeze(ops.sum({}, axis=-1, keepdims=True), axis=-1)",
)
_SQUARE = ("ops.square({0})", "({0}) ** 2", "({0}) * ({0})", "ops.power({0}, 2.0)")
_WHOLE = (
    "{}",
    "2.5 * ({})",
    "({}) + 1.0",
    "({}) / 3.0",
    "0.1 * ({}) - 2.0",
    "1.0 - (-({}))",
    "ops.reciprocal(7.0) * ({})",
)
_NAMES = (("p", "log_p"), ("probabilities", "logs"), ("q_k", "t1"))


class Style:
    """One way to spell each piece: the first of all, or one drawn by `rng`."""

    def __init__(self, rng: np.random.Generator | None = None) -> None:
        def choose(options: tuple) -> int:
            return 0 if rng is None else int(rng.integers(len(options)))

        self.p, self.log_p = _NAMES[choose(_NAMES)]
        self._lines = f"    {self.p} = {_P[choose(_P)]}\n    {self.log_p} = {_LOG_P[choose(_LOG_P)]}\n"
        self._sum, self._square, self._whole = _SUM[choose(_SUM)], _SQUARE[choose(_SQUARE)], _WHOLE[choose(_WHOLE)]
        self._swapped, self._inlined = choose((0, 1)) == 1, choose((0, 1)) == 1

    def sum(self, x: str) -> str:
        """Over the classes."""
        return self._sum.format(x)

    def square(self, x: str) -> str:
        """Of a value."""
        return self._square.format(x)

    def times(self, a: str, b: str) -> str:
        """A product."""
        return f"({b}) * ({a})" if self._swapped else f"({a}) * ({b})"

    @property
    def p_true(self) -> str:
        """Probability of the true class; for soft labels their mean."""
        return self.sum(self.times("y_true", self.p))

    @property
    def log_p_true(self) -> str:
        """Its logarithm; for soft labels their mean."""
        return self.sum(self.times("y_true", self.log_p))

    def source(self, formula: Formula, value: float) -> str:
        """A candidate file; the constant is named or in place."""
        constant, parameter = (repr(value), "") if self._inlined else ("c", f", *, c={value}")
        result = self._whole.format(formula(self, constant))
        return f"from keras import ops\n\ndef loss(y_true, y_pred{parameter}):\n{self._lines}    return {result}\n"


Formula = Callable[[Style, str], str]


class Family(NamedTuple):
    """Formulas of one loss, all equal; `values` are the constants of its near misses."""

    formulas: tuple[Formula, ...]
    values: tuple[float, ...] = (1.0,)


def _steps(first: float, last: float, step: float) -> tuple[float, ...]:
    return tuple(np.round(np.arange(first, last + step / 2, step), 4).tolist())


FAMILIES: Mapping[str, Family] = {
    "cross-entropy": Family(
        (
            lambda s, c: f"-{s.log_p_true}",
            lambda s, c: s.sum(s.times(f"-{s.log_p}", "y_true")),
            lambda s, c: f"{s.sum(s.times(s.log_p, '1.0 - y_true'))} - {s.sum(s.log_p)}",
            lambda s, c: "ops.categorical_crossentropy(y_true, y_pred, from_logits=True)",
        )
    ),
    "gce": Family(
        (
            lambda s, c: f"{s.sum(s.times('y_true', f'1.0 - ops.exp({c} * {s.log_p})'))} / {c}",
            lambda s, c: f"{s.sum(s.times('y_true', f'1.0 - ({s.p} + 1e-9) ** {c}'))} / {c}",
            lambda s, c: f"-{s.sum(s.times('y_true', f'{s.p} ** {c}'))}",
        ),
        _steps(0.2, 0.98, 0.02),
    ),
    "gce of p_t": Family(
        (
            lambda s, c: f"-ops.exp({c} * ops.log({s.p_true} + 1e-9))",
            lambda s, c: f"(1.0 - ({s.p_true} + 1e-9) ** {c}) / {c}",
        ),
        (0.3, 0.5, 0.7),
    ),
    "focal": Family(
        (
            lambda s, c: f"-((1.0 - ops.exp({s.log_p_true})) ** {c}) * {s.log_p_true}",
            lambda s, c: f"ops.power(1.0 - ops.exp({s.log_p_true}), {c}) * (-{s.log_p_true})",
            lambda s, c: f"-ops.exp({c} * ops.log(1.0 - ops.exp({s.log_p_true}))) * {s.log_p_true}",
        ),
        _steps(1.0, 4.0, 0.2),
    ),
    "label smoothing": Family(
        (
            lambda s, c: f"-{s.sum(s.times(f'(1.0 - {c}) * y_true + {c} / y_pred.shape[-1]', s.log_p))}",
            lambda s, c: f"-(1.0 - {c}) * {s.log_p_true} - {c} * ops.mean({s.log_p}, axis=-1)",
            lambda s, c: f"-{s.sum(s.times(f'y_true - {c} * (y_true - 1.0 / y_pred.shape[-1])', s.log_p))}",
        ),
        _steps(0.02, 0.4, 0.02),
    ),
    "poly-1": Family(
        (
            lambda s, c: f"{c} * (1.0 - {s.p_true}) - {s.log_p_true}",
            lambda s, c: f"-{s.sum(s.times('y_true', f'{s.log_p} + {c} * {s.p}'))}",
            lambda s, c: f"1.0 - {s.p_true} - {s.log_p_true} / {c}",
        ),
        _steps(0.25, 5.0, 0.25),
    ),
    "mae": Family(
        (
            lambda s, c: s.sum(f"ops.abs(y_true - {s.p})"),
            lambda s, c: s.sum(f"ops.maximum({s.p} - y_true, y_true - {s.p})"),
            lambda s, c: s.sum(f"ops.where({s.p} > y_true, {s.p} - y_true, y_true - {s.p})"),
        )
    ),
    "brier": Family(
        (
            lambda s, c: s.sum(s.square(f"{s.p} - y_true")),
            lambda s, c: f"{s.sum(s.square(s.p))} - 2.0 * {s.p_true}",
            lambda s, c: s.sum(s.times(s.p, f"{s.p} - 2.0 * y_true")),
        )
    ),
    "taylor": Family(
        (
            lambda s, c: f"1.0 - {s.p_true} + {c} * {s.square(f'1.0 - {s.p_true}')}",
            lambda s, c: f"{s.square(f'{s.p_true} - 1.0')} - {s.p_true} / {c}",
        ),
        _steps(0.1, 1.5, 0.1),
    ),
    "truncated": Family(
        (
            lambda s, c: f"-{s.sum(s.times('y_true', f'ops.exp(0.5 * ops.maximum({s.log_p}, -{c}))'))}",
            lambda s, c: f"-{s.sum(s.times('y_true', f'ops.exp(0.5 * ops.where({s.log_p} > -{c}, {s.log_p}, -{c}))'))}",
            lambda s, c: f"-{s.sum(s.times('y_true', f'ops.exp(0.5 * (ops.relu({s.log_p} + {c}) - {c}))'))}",
        ),
        _steps(2.0, 3.0, 0.1),
    ),
    "temperature": Family(
        (
            lambda s, c: f"-{s.sum(s.times('y_true', f'ops.log_softmax({c} * y_pred)'))}",
            lambda s, c: f"ops.logsumexp({c} * y_pred, axis=-1) - {c} * {s.sum(s.times('y_true', 'y_pred'))}",
        ),
        (*_steps(0.5, 0.95, 0.05), *_steps(1.05, 2.0, 0.05)),
    ),
    "power of cross-entropy": Family(
        (
            lambda s, c: f"(-{s.log_p_true}) ** {c}",
            lambda s, c: f"ops.power({s.sum(s.times('y_true', f'-{s.log_p}'))}, {c})",
        ),
        _steps(1.05, 2.5, 0.05),
    ),
    "entropy bonus": Family(
        (
            lambda s, c: f"{c} * {s.sum(s.times(s.p, s.log_p))} - {s.log_p_true}",
            lambda s, c: s.sum(s.times(f"{c} * {s.p} - y_true", s.log_p)),
        ),
        _steps(0.02, 0.5, 0.02),
    ),
}


def near_misses() -> dict[str, str]:
    """Every family at each of its constants, in one style: name -> source. No two are the same loss."""
    return {
        _name(name, value): Style().source(family.formulas[0], value)
        for name, family in FAMILIES.items()
        for value in family.values
    }


def spellings(count: int) -> list[tuple[str, str]]:
    """Rewritten spellings, family by family: (the name of the near miss that it equals, source)."""
    rng = np.random.default_rng(7)
    found = []
    for number in range(count):
        name = list(FAMILIES)[number % len(FAMILIES)]
        formulas, values = FAMILIES[name]
        value = values[int(rng.integers(len(values)))]
        formula = formulas[number // len(FAMILIES) % len(formulas)]
        found.append((_name(name, value), Style(rng).source(formula, value)))
    return found


def _name(family: str, value: float) -> str:
    return f"{family} {value:g}"
