"""The arithmetic of docs/baselines.md: what it says of the thesis is recomputed from the thesis' own numbers.

Tables, figures and sections are those of T.-Y. Chou's thesis (NTUT, 2025).
"""

from __future__ import annotations

from itertools import combinations
from math import log
from pathlib import Path

import pytest

from alphaloss.benchmark.per_task import reduction
from alphaloss.config import NglSettings, SampleTournamentSettings

PAGE = (Path(__file__).parents[1] / "docs" / "baselines.md").read_text(encoding="utf-8")

SECONDS = {"small": (62_363.94, 173_286.98), "large": (426_915.20, 1_013_738.83)}  # Table 4.4: sample tournament, NGL
LOGGED = {"small": 5_007, "large": 9_824}  # seconds of an evaluation, from the logs in Figures 4.8 and 4.7
GENERATIONS = {"small": 4, "large": 12}  # T, Table 4.1
POPULATION = 8  # P, Table 4.1
CHILDREN = {"sample": 3, "ngl": 8}  # N = 3P/8, and every individual


def evaluations(scale: str, arm: str, *, initial: bool) -> int:
    return GENERATIONS[scale] * CHILDREN[arm] + POPULATION * initial


def says(text: str) -> bool:
    return text in " ".join(PAGE.split())


def percent(value: float, decimals: int = 1) -> str:
    return f"{100 * value:.{decimals}f} %"


def test_the_children_of_a_generation_are_those_of_the_settings():
    sample, ngl = SampleTournamentSettings(), NglSettings()
    assert sample.population == ngl.population == POPULATION
    assert sample.population * sample.sample * sample.winners == CHILDREN["sample"]


@pytest.mark.parametrize(("scale", "cut"), [("small", "64.01 %"), ("large", "57.89 %")])
def test_the_times_of_table_4_4_are_cut_by_what_the_page_says(scale: str, cut: str):
    assert percent(reduction(*SECONDS[scale]), 2) == cut
    assert says(cut)


@pytest.mark.parametrize(
    ("scale", "initial", "counts", "cut"),
    [
        ("small", False, (12, 32), "62.5 %"),
        ("small", True, (20, 40), "50.0 %"),
        ("large", False, (36, 96), "62.5 %"),
        ("large", True, (44, 104), "57.7 %"),
    ],
)
def test_evaluations_alone_cut_by_what_the_page_says(scale: str, initial: bool, counts: tuple[int, int], cut: str):
    assert (evaluations(scale, "sample", initial=initial), evaluations(scale, "ngl", initial=initial)) == counts
    assert percent(reduction(*counts)) == cut
    own, other = counts
    each = [f"{seconds / count:,.0f}" for seconds, count in zip(SECONDS[scale], counts, strict=True)]
    assert says(f"| {'with' if initial else 'without'} | {own} | {other} | {cut} | {each[0]} | {each[1]} |")


def test_the_small_row_leaves_the_initial_population_out_and_the_large_one_has_it():
    """An evaluation cannot take less than what the logs show of it; the large row agrees with the log to 1.3 %."""
    small, large = (
        [seconds / evaluations(scale, arm, initial=True) for seconds, arm in zip(SECONDS[scale], CHILDREN, strict=True)]
        for scale in ("small", "large")
    )
    assert max(small) < LOGGED["small"]
    assert large == pytest.approx([LOGGED["large"]] * 2, rel=0.013)
    assert says("(5,007 s, Figure 4.8)")
    assert says("(9,824 s, Figure 4.7)")


def test_62_9_percent_would_need_other_times():
    own, other = SECONDS["large"]
    needed = (1 - 0.629) * other, own / (1 - 0.629)
    assert says(f"{needed[0]:,.0f} s in place of {own:,.0f} s")
    assert says(f"{needed[1]:,.0f} s in place of {other:,.0f} s")
    assert percent(1 - CHILDREN["sample"] / CHILDREN["ngl"]) == "62.5 %"  # the limit of many generations


def test_the_gains_in_accuracy_are_points():
    assert says(f"{100 * (0.7953 - 0.7046):.2f} points")  # CIFAR-10, Table 4.3: "9 %"
    assert says(f"{100 * (0.1376 - 0.0619):.2f} points")  # CIFAR-100: "7 %"


def test_who_is_a_parent():
    """Six of eight are drawn, and the three best of them are parents."""
    draws = list(combinations(range(1, 9), 6))
    parents = [sorted(draw)[:3] for draw in draws]
    shares = [sum(rank in chosen for chosen in parents) / len(draws) for rank in range(1, 9)]
    assert [round(share, 3) for share in shares] == [0.75, 0.75, 0.75, 0.536, 0.214, 0, 0, 0]
    assert says("ranks 1 to 3 with probability .75 each, rank 4 with .536, rank 5 with .214, ranks 6 to 8 never")
    assert says(f"has {shares[0] / 3:.2f} of the children, NGL's {1 / 8:.3f}")


def test_the_least_value_of_ngl_is_above_that_of_guessing():
    """9.318 over all predictions of ten classes is recomputed in tests/training/test_aggregates.py."""
    assert says(f"9.318 for ten classes, and cross-entropy's of guessing is ln 10 = {log(10):.3f}")
