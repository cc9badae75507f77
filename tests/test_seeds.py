from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alphaloss.records import Phase
from alphaloss.seeds import phase_seeds

run_seeds = st.integers(0, 2**64)
phases = st.sampled_from(Phase)


@settings(deadline=None)
@given(run_seeds, run_seeds)
def test_no_seed_is_in_two_phases_whatever_the_seeds_of_the_runs(one: int, other: int):
    seeds = [set(phase_seeds(run, phase, 50)) for run, phase in zip((one, other, one, other), Phase, strict=True)]
    assert not any(a & b for a, b in combinations(seeds, 2))


@settings(deadline=None)
@given(run_seeds, phases, st.integers(0, 200))
def test_the_seeds_of_a_phase_are_distinct_and_fit_31_bits(run: int, phase: Phase, count: int):
    seeds = phase_seeds(run, phase, count)
    assert len(seeds) == len(set(seeds)) == count
    assert all(type(seed) is int and 0 <= seed < 2**31 for seed in seeds)


@settings(deadline=None)
@given(run_seeds, phases, st.integers(0, 40), st.integers(0, 40))
def test_asking_for_more_seeds_keeps_the_first_ones(run: int, phase: Phase, few: int, more: int):
    assert phase_seeds(run, phase, few + more)[:few] == phase_seeds(run, phase, few)


def test_another_run_has_other_seeds():
    assert not set(phase_seeds(0, Phase.SEARCH, 50)) & set(phase_seeds(1, Phase.SEARCH, 50))


@pytest.mark.parametrize(
    ("phase", "seeds"),
    [
        (Phase.SEARCH, (1_484_405_848, 1_915_600_864)),
        (Phase.SELECTION, (1_982_462_497, 450_621_601)),
        (Phase.VERDICT, (1_570_558_266, 980_773_882)),
    ],
)
def test_the_seeds_are_these_so_that_old_runs_can_be_repeated(phase: Phase, seeds: tuple[int, ...]):
    assert phase_seeds(0, phase, 2) == seeds  # as first released, from numpy's SeedSequence, whose stream is fixed
