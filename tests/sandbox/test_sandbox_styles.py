"""Python as candidates write it gives the same in the guest as in CPython, or is refused."""

import textwrap
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alphaloss.sandbox import RawTrace, Sandbox


def in_guest(sandbox: Sandbox, text: str) -> Any:
    """What a function `loss` returns in the guest, as plain values."""
    trace = sandbox.trace(text)
    assert isinstance(trace, RawTrace), f"{trace}\n{text}"
    return trace.output


def in_python(text: str) -> Any:
    """What it returns in CPython, with lists as tuples, as a trace has them."""
    names: dict[str, Any] = {"__name__": "candidate"}
    exec(compile(text, "candidate.py", "exec"), names)  # noqa: S102, the texts are in this file
    return as_tuples(names["loss"](None, None))


def as_tuples(value: Any) -> Any:
    return tuple(as_tuples(v) for v in value) if isinstance(value, list | tuple) else value


def function(*lines: str, head: str = "") -> str:
    return textwrap.dedent(head) + "\ndef loss(y, x):\n" + "".join(f"    {line}\n" for line in lines)


EXPRESSIONS = [
    "0.1 < 0.2, 2 >= 2, not 3 < 2, 1 == 1.0, 'a' < 'b', (1, 2) < (1, 3)",
    "0 < 1 < 2, 0 < 1 > 2, 1 < 2 < 2 < 3, 0 <= 0 != 1",
    "[a for a in range(6) if 1 < a <= 4]",
    "1 if (2) > (1) else 0",
    "list({'zeta': 1, 'alpha': 2, 'mid': 3, 'beta': 4}.items())",
    "[k for k in {'z': 1, **{'y': 2, 'x': 3}, 'w': 4}]",
    "{**{}}.get('a', 5), len({}), {'a': 1}['a']",
    "list({k: v * 2 for k, v in {'z': 1, 'a': 2, 'm': 3}.items() if v != 2}.items())",
    "list(dict(z=1, a=2, m=3)), list(dict({'q': 1, 'b': 2}, a=3)), list(dict([('z', 1), ('y', 2)], **{'b': 2}))",
    "list({('a'): (1), 'b': {'d': 2, 'c': 3}}.values())[1]['c']",
    "[0, *range(3), *[9, 8]], (1, *[2, 3]), [*'ab']",
    "sorted([(1, 'b'), (0, 'c'), (1, 'a')], key=lambda row: row[0])",
    "sorted([3, 1, 2], reverse=True), sorted(['b', 'a'])",
    "sum([1, 2], start=3), sum((0.5, 0.25)), sum(a for a in (1, 2))",
    "list(zip([1, 2], 'ab', strict=True)), list(zip([1], [2]))",
    "max(1, 2.5), min([3, 1]), max([], default=7), max('ab', 'c', key=len)",
    "isinstance(True, int), isinstance(1, (int, float)), isinstance(1.0, int | float), isinstance('a', str | None)",
    "int(3.9), int('7'), float(2), round(2.567, 2), round(3.5), float('inf')",
    "[lambda a, /, b: a - b][0](3, 1)",
    "(lambda *a, k=2, **o: (a, k, len(o)))(1, 2, k=3, z=4)",
    "f'{1.5:.2f} {2!r} {3}', '%s-%d' % ('a', 2), '{} {:.1f}'.format(1, 2.0)",
    "(n := 3) + n, [n for n in (1, 2)][-1]",
    "[a for a in range(4)][1:3], (1, 2, 3)[-1], [1, 2, 3][::-1]",
    "2 ** -1, 7 // 2, -7 // 2, 7 % 3, -7 % 3, 1e-7, 1_000",
]

BODIES = {
    "a walrus, a loop and augmented assignment": [
        "total, k = 0.0, 1",
        "while (k := k + 1) <= 4:",
        "    total += 1 / k",
        "return total",
    ],
    "a dict over several lines with a comment": [
        "weights = {",
        "    'ce': 1.0,  # {not: a brace}",
        "    'mae': (0.5",
        "            + 0.25),",
        "    **{'x': 2.0},",
        "}",
        "return list(weights.items())",
    ],
    "names that no ASCII has": ["é_1, größe = 0.5, 'ü'", "return {'é': é_1, 'ö': é_1 < 1, größe: 2 > é_1}['é'], größe"],
    "positional-only parameters": ["def f(a, b=(1, 2), /, c=3, *, d=4):", "    return a, b, c, d", "return f(0, c=1)"],
    "a return that unpacks": ["rest = [1, 2]", "return 0, *rest"],
    "a name for a function": ["def f():", "    return 1", "f.__name__ = (", "    'g')", "return f()"],
    "a type as a value": ["Number = int | None", "return isinstance(3, Number) if Number is None else 1"],
    "a generator, nonlocal and try": [
        "count = 0",
        "def each():",
        "    nonlocal count",
        "    for k in range(3):",
        "        count += 1",
        "        yield k * k",
        "try:",
        "    values = list(each())",
        "    raise ValueError('x')",
        "except (ValueError, KeyError) as error:",
        "    values.append(str(error))",
        "finally:",
        "    values.append(count)",
        "return values",
    ],
    "a shadowed builtin": ["max = lambda a: a + 1", "return max(3)"],
}

HEADS = {
    "dataclasses": (
        """
        from dataclasses import dataclass, field, asdict, replace
        import dataclasses

        @dataclass(frozen=True)
        class Config:
            zeta: float = 2.0
            alpha: float = 0.1
            items: list = field(default_factory=lambda: [1])

        @dataclasses.dataclass
        class Point:
            y: int
            x: int = 3

            def __post_init__(self):
                self.z = self.y + self.x
        """,
        "Config(3.0).zeta, Config(1.0, 5).alpha, list(asdict(Config()).items()), Point(1).z, replace(Point(1), x=7).x",
    ),
    "functools and operator": (
        """
        import functools, operator
        from functools import partial, reduce, lru_cache, wraps

        def twice(f):
            @wraps(f)
            def g(*args, **keywords):
                return 2 * f(*args, **keywords)
            return g

        @twice
        @lru_cache(maxsize=None)
        def power(a, b=2):
            return a ** b
        """,
        "reduce(operator.mul, [1, 2, 3], 2), partial(power, b=3)(2), functools.reduce(operator.add, [[1], [2]]), "
        "operator.itemgetter(1)([4, 5]), operator.lt(1, 2)",
    ),
    "collections and itertools": (
        """
        import itertools
        from collections import namedtuple, OrderedDict, defaultdict
        Pair = namedtuple("Pair", ["left", "right"], defaults=[5])
        Triple = namedtuple("Triple", "a b c")
        D = defaultdict(list)
        D["k"].append(1)
        """,
        "Pair(1).right, tuple(Triple(1, c=3, b=2)), D['k'], list(OrderedDict([('b', 1), ('a', 2)])), "
        "list(itertools.chain([1], [2])), list(itertools.combinations([1, 2], 2)), list(itertools.product([1], [3])), "
        "list(itertools.accumulate([1, 2, 3]))",
    ),
    "math": (
        """
        import math
        from math import log as ln, pi
        """,
        "math.sqrt(2), ln(2.0), math.log(8, 2), math.exp(1), pi, math.log1p(1e-10), math.comb(5, 2), "
        "math.prod([2, 3]), math.fsum([0.5, 0.25]), math.inf, math.isclose(1, 1), math.floor(2.5), math.hypot(3, 4), "
        "math.pow(2, 3), math.tau, math.gcd(12, 18), math.isqrt(17), math.cos(1.0)",
    ),
    "numpy on plain numbers": (
        "import numpy as np",
        "float(np.log(2.0)), float(np.pi), float(np.sqrt(2)), float(np.finfo(np.float32).eps), float(np.exp(1)), "
        "float(np.clip(3, 0, 2)), float(np.maximum(1, 2)), float(np.sum([1, 2])), float(np.mean([1, 2])), "
        "[float(t) for t in np.linspace(0.5, 1.0, 3)], [int(i) for i in np.arange(3)], float(np.square(3)), "
        "float(np.power(2.0, 3)), float(np.abs(-1.5)), np.newaxis",
    ),
    "typing and abc": (
        """
        from __future__ import annotations
        from abc import ABC, ABCMeta, abstractmethod
        from typing import Any, Callable, Optional, Union, TYPE_CHECKING, Protocol, cast
        Tensor = Union[int, "Any"]
        Fn = Callable[[Tensor, Optional[float]], Tensor]

        class Base(ABC):
            weight: float = 2.0

            @abstractmethod
            def call(self, a: Tensor | None) -> float | None: ...

        class Other(metaclass=ABCMeta):
            pass

        class Leaf(Base, Other):
            def call(self, a: Tensor | None = None) -> float | None:
                return self.weight

        def f(a: dict[str, list[int]] | None, b: "Fn" = None) -> Optional[int]:
            c: int | None = 3
            return cast(int, c)
        """,
        "Leaf().call(), f(None), TYPE_CHECKING",
    ),
    "enumerations": (
        """
        from enum import Enum, auto

        class Mode(Enum):
            SOFT = "soft"
            HARD = ("h", 1)
        """,
        "Mode.SOFT is Mode.SOFT, Mode.SOFT == Mode.HARD, Mode.SOFT.value, Mode.HARD.name, Mode.HARD.value",
    ),
    "logging, warnings and the environment": (
        """
        import logging, os, warnings
        os.environ["KERAS_BACKEND"] = "tensorflow"
        logger = logging.getLogger(__name__)
        logger.debug("%s", 1)
        """,
        "warnings.filterwarnings('ignore'), os.environ['KERAS_BACKEND']",
    ),
}


def test_an_expression_means_what_it_means_in_python(sandbox: Sandbox) -> None:
    for text in EXPRESSIONS:
        source = function(f"return {text}")
        assert in_guest(sandbox, source) == in_python(source), text


@pytest.mark.parametrize("name", BODIES)
def test_statements_mean_what_they_mean_in_python(sandbox: Sandbox, name: str) -> None:
    source = function(*BODIES[name])
    assert in_guest(sandbox, source) == in_python(source)


@pytest.mark.parametrize("name", HEADS)
def test_a_module_gives_what_it_gives_in_python(sandbox: Sandbox, name: str) -> None:
    head, text = HEADS[name]
    source = function(f"return {text}", head=head)
    assert in_guest(sandbox, source) == in_python(source)


NUMBERS = st.sampled_from(["0", "1", "2.5", "-1", "(3)", "a", "b"])
NESTED = st.recursive(
    NUMBERS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), inner).map(lambda t: f"({' '.join(t)})"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} < {t[1]} <= {t[2]})"),
        st.tuples(inner, inner).map(lambda t: f"{{'ä': {t[0]}, 'k': {t[1]} < {t[0]}}}['k']"),
        st.lists(inner, min_size=2, max_size=4).map(
            lambda items: "sum({" + ", ".join(f"'{i}k': {v}" for i, v in enumerate(items)) + "}.values())"
        ),
        st.lists(inner, min_size=1, max_size=3).map(lambda items: "max(*[0, *[" + ", ".join(items) + "]])"),
        st.tuples(inner, inner).map(lambda t: f"({t[0]}\n        if {t[1]} else -{t[0]})"),
    ),
    max_leaves=12,
)


@given(NESTED)
@settings(max_examples=60)
def test_nested_rewrites_mean_what_they_mean_in_python(sandbox: Sandbox, text: str) -> None:
    source = function("a, b = 0.5, -2", f"return {text}, 'end'")
    assert in_guest(sandbox, source) == in_python(source)


PLAIN = "from keras import ops\n\n\ndef loss(y, x, gamma=2.0):\n    return ops.sum(y * x ** gamma, axis=-1)\n"


def test_a_mark_of_byte_order_and_any_line_end_are_accepted(sandbox: Sandbox) -> None:
    expected = sandbox.trace(PLAIN)
    assert isinstance(expected, RawTrace)
    assert sandbox.trace("\ufeff" + PLAIN) == expected
    assert sandbox.trace(PLAIN.replace("\n", "\r\n")) == expected
    assert sandbox.trace(PLAIN.replace("\n", "\r")) == expected
