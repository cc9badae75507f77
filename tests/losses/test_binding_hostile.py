"""Raw calls come from untrusted code: whatever they are, a graph or a GraphError comes out."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from alphaloss.losses.binding import bind
from alphaloss.losses.graph import LossGraph
from alphaloss.losses.lowering import LOWERINGS
from alphaloss.losses.lowering.refused import REFUSED
from alphaloss.losses.types import GraphError
from alphaloss.sandbox import RawCall, RawTrace, RawValue, Ref, Slice

INPUTS = ("y_true", "y_pred", "class_prior")
NAMES = sorted({*LOWERINGS, "class_count", "batch_size", "class_index", "nn.softmax", "normal", "", "no such"})
KEYWORDS = sorted({p.name for lowering in LOWERINGS.values() for p in lowering.parameters} | {"initial", "", "no such"})

_references = st.integers(0, 8).map(Ref)
_plain = st.one_of(
    st.sampled_from(
        [-1, 0, 1, 2, 10**9, 2**63 - 1, 10**400, -(10**400), True, False, None, ..., "float32", "int64", "ij,ij->i"]
    ),
    st.floats(),
    st.text(max_size=5),
    st.integers(-3, 99).map(Ref),
)
_values: st.SearchStrategy[RawValue] = st.recursive(
    st.one_of(_references, _plain),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(tuple), st.builds(Slice, inner, inner, inner), inner.map(lambda v: (v,) * 20)
    ),
    max_leaves=6,
)
_calls = st.builds(
    RawCall,
    st.sampled_from(NAMES),
    st.one_of(st.lists(_references, max_size=3), st.lists(_values, max_size=4)).map(tuple),
    st.dictionaries(st.sampled_from(KEYWORDS), _values, max_size=2),
)


def _outcome(
    calls: list[RawCall], output: RawValue, constants: dict[str, float] | None = None
) -> LossGraph | GraphError:
    """Any other exception is a fault."""
    try:
        return bind(RawTrace(INPUTS, constants or {}, tuple(calls), output))
    except GraphError as error:
        return error


@settings(max_examples=400)
@given(
    st.lists(_calls, max_size=6),
    _values,
    st.dictionaries(st.text(max_size=3), st.one_of(st.floats(), st.integers(), st.just(10**400)), max_size=2),
)
def test_any_trace_gives_a_graph_or_a_graph_error(calls: list[RawCall], output: RawValue, constants: dict[str, float]):
    # What follows a refused call is not looked at, so each call stands alone, too.
    for some in ([], calls, *([c] for c in calls)):
        outcome = _outcome(some, output, constants)
        if isinstance(outcome, GraphError):
            assert outcome.call is None or 0 <= outcome.call < len(some)
            assert 0 < len(str(outcome)) < 1000


def test_nesting_length_and_digits_have_an_end():
    deep: RawValue = 1
    for _ in range(5_000):
        deep = (deep,)
    wide = tuple(range(100_000))
    for value in (deep, wide, Slice(deep, None, None), "x" * 100_000, 10**5_000):
        for name in ("sum", "getitem", "reshape", "einsum", "select", "zeros", "no such", "x" * 10_000):
            for args, kwargs in (((value,), {}), ((Ref(1), value), {}), ((Ref(1),), {"axis": value})):
                outcome = _outcome([RawCall(name, args, kwargs)], Ref(3))
                assert isinstance(outcome, GraphError)
                assert len(str(outcome)) < 1000


def test_thousands_of_calls_come_to_an_end():
    for name, more in (("gelu", ()), ("einsum", (Ref(0),)), ("class_count", ()), ("binary_crossentropy", (Ref(0),))):
        calls = []
        for i in range(2_000):
            x = Ref(1 if i == 0 else 2 + i)
            before = ("ij,ij->ij",) if name == "einsum" else ()
            calls.append(RawCall(name, () if name == "class_count" else (*before, x, *more)))
        assert isinstance(_outcome(calls, Ref(2 + len(calls))), GraphError)


def test_every_refused_name_says_why():
    for name, (error, sentence) in REFUSED.items():
        outcome = _outcome([RawCall(name, (Ref(1),))], Ref(3))
        assert type(outcome) is error
        assert sentence in str(outcome)
        assert outcome.call == 0
