"""The text that the guest runs: the author's, but for what MicroPython cannot, each line in its place."""

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alphaloss.sandbox.rewrite import Rewritten, rewrite
from alphaloss.sandbox.splices import RewriteError

HUNDRED = [path.read_text() for path in sorted((Path(__file__).parents[1] / "candidates" / "hundred").glob("*.py"))]
PLAIN = """
from keras import ops

EPS = 1e-7

def loss(y_true, y_pred, gamma=2.0):
    p = ops.softmax(y_pred)[:, 0]
    if gamma == 0 and p.shape[-1] > 1:
        return [p][0] if p < 0.5 else sum([p, p])
    return ops.where(p > -0.5, float("inf"), ops.max(p)) | ops.any(p)
"""


def test_a_candidate_that_needs_nothing_stays_as_it_is() -> None:
    assert rewrite(PLAIN) == Rewritten(PLAIN, (), ())


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a = 0.3 > x", 'a = __compare__(0.3 ,">", x)'),
        ("a = (b) < (c)  # <", 'a = __compare__((b) ,"<", (c))  # <'),
        ("a = 0 < b <= c", 'a = __compare__(0 ,"<", b ,"<=", c)'),
        ("a = {'b': 1, **c}", "a = __dict_of__('b', 1, __merge__,c)"),
        ("a = {}; b = dict(c)", "a = __dict_of__(); b = __dict_of__(__merge__,c)"),
        ("a = b if c else{d: e for d, e in f}", "a = b if c else __dict_from__([(d, e ) for d, e in f])"),
        ("loss.__name__ = str(round(a, b))", "pass"),
        ("a = {k: v for k, v in b}", "a = __dict_from__([(k, v ) for k, v in b])"),
        ("a = [*b, 1], (*b, 2)", "a = __list_of__(*b, 1), __tuple_of__(*b, 2)"),
        ("def f(a, b=(1, 2), /, c=3): pass", "def f(a, b=(1, 2), c=3): pass"),
        ("a = float(b) + float('inf')", "a = __float__(b) + float('inf')"),
        ("for i in range(n): pass", "for i in __range__(n): pass"),
        ("f.__name__ = 'g'", "pass"),
        ("def f(a: int | None = {'b': 1, 'c': 2}): pass", "def f(a: int | None = __dict_of__('b', 1, 'c', 2)): pass"),
        ("Number = int | float", "Number = (int , float)"),
        ("from keras.ops import *; a = sum(exp(b))", "from keras.ops import b, exp, sum; a = sum(exp(b))"),
        ("@dataclass\nclass A:\n    z: int = 1\n    b: int = 2", None),
    ],
)
def test_a_rewrite_reads(line: str, expected: str | None) -> None:
    found = rewrite(line + "\n").text
    if expected is None:
        assert found == line.replace("@dataclass", '@dataclass(_fields=("z","b",))') + "\n"
    else:
        assert found == expected + "\n"


def test_a_rewritten_text_is_python_with_every_statement_on_its_line() -> None:
    for source in HUNDRED:
        before, after = ast.parse(source), ast.parse(rewrite(source).text)
        assert [s.lineno for s in _statements(after)] == [s.lineno for s in _statements(before)]


def _statements(tree: ast.Module) -> list[ast.stmt]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]


@given(st.sampled_from(HUNDRED), st.data())
def test_whatever_the_text_it_is_rewritten_or_refused(source: str, data: st.DataObject) -> None:
    places = st.integers(0, len(source))
    start, end, at = data.draw(places), data.draw(places), data.draw(places)
    piece = source[min(start, end) : max(start, end)][:80]
    broken = (
        source[:at]
        + data.draw(st.sampled_from([piece, "\n", "(", "{**a, 'b': 1 < c}", "é", "*", "\x00", "\x0c"]))
        + source[at:]
    )
    try:
        text = rewrite(broken).text
    except RewriteError:
        return
    assert text.count("\n") == broken.count("\n")
    ast.parse(text)


def test_a_long_text_takes_no_longer_a_line() -> None:
    """The largest source that a sandbox takes, of nothing but rewrites, in operations that grow with its length."""
    source = "a = {1: 1, 2: 2}\n" * 900
    assert rewrite(source).text.count("__dict_of__") == 900
