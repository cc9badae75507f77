"""Calibration: what it computes from scores is honest about choosing and about noise, and the command says so."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from factories import FakeWorkers, make_training
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from alphaloss.calibration import Calibration, Headroom, chosen_by_others, conclude, headroom
from alphaloss.cli import main
from alphaloss.config import Settings
from alphaloss.losses.zoo import zoo_names
from alphaloss.records import Status, Training
from alphaloss.report.calibration import print_calibration
from alphaloss.screening import Kept, Look, RankCorrelation, rank_correlations, recommend, spearman, survival
from alphaloss.training import Rung
from alphaloss.zoo_fits import Fits, summarise

TINY = Path(__file__).parent / "tiny_task.py"


@given(arrays(float, (2, 6), elements=st.integers(0, 5)))
def test_spearman_is_that_of_scipy_also_with_ties(scores):
    if (np.ptp(scores, axis=1) == 0).any():
        assert np.isnan(spearman(*scores))
    else:
        assert spearman(*scores) == pytest.approx(stats.spearmanr(*scores).statistic)


def test_a_reading_is_judged_by_seeds_that_it_did_not_see():
    luck = np.random.default_rng(0).normal(size=(60, 5))  # all losses are equally good
    by_all, by_one = rank_correlations(luck, luck, 0.95)
    assert (by_all.rho, by_all.low, by_all.high) == (1.0, 1.0, 1.0)  # the same trainings
    assert by_one.low < 0 < by_one.high
    assert abs(by_one.rho) < 0.15  # mean of five correlations over 60 losses: each has a deviation of 0.13


def test_a_good_reading_has_a_narrower_interval_than_a_poor_one():
    rng = np.random.default_rng(0)
    quality = np.linspace(0, 1, 20)[:, None]
    full = quality + rng.normal(scale=0.05, size=(20, 5))
    good, poor = (rank_correlations(quality + rng.normal(scale=s, size=(20, 5)), full, 0.95)[1] for s in (0.05, 1.0))
    assert good.low > 0.9 > poor.rho
    assert good.high - good.low < poor.high - poor.low
    assert poor.low <= poor.rho <= poor.high


def test_there_is_no_correlation_of_three_losses_nor_of_equal_ones():
    assert rank_correlations(np.eye(3), np.eye(3), 0.95) == (None, None)
    assert rank_correlations(np.ones((9, 3)), np.random.default_rng(0).normal(size=(9, 3)), 0.95) == (None, None)


def test_the_best_survive_screening_where_the_look_ranks_alike():
    quality = np.arange(9.0)[:, None] + np.zeros((1, 4))
    for seeds in (1, 2, 3):
        assert survival(quality, quality, seeds=seeds, keep=1 / 3) == Kept(best=1.0, best_three=1.0)
        assert survival(-quality, quality, seeds=seeds, keep=1 / 3) == Kept(best=0.0, best_three=0.0)
    assert survival(-quality, quality, seeds=1, keep=1.0) == Kept(best=1.0, best_three=1.0)
    assert survival(quality, quality, seeds=4, keep=1 / 3) is None  # no seed is left to say who is best
    assert survival(quality[:3], quality[:3], seeds=1, keep=1 / 3) is None


def test_a_survivor_is_judged_by_the_seeds_that_did_not_screen():
    # Six losses, two go on. The first is best on seed 0 alone, and bad on the others, where the last is best.
    full = np.array([[9, 0, 0], [1, 1, 1], [2, 2, 2], [3, 3, 3], [4, 4, 4], [5, 5, 5]], dtype=float)
    # On seed 0 it comes second and goes on; its luck there makes the first no more than second best by the others.
    one = survival(full, full, seeds=1, keep=1 / 3)
    assert one is not None
    assert one.best == 1.0
    # Of the best three, seed 0 lets one go on (of 5, 4, 3), the others two (of 5, 4.5, 4: not the lucky one).
    assert one.best_three == pytest.approx((1 + 2 + 2) / 9)


def test_who_is_tied_at_the_limit_goes_on_by_lot():
    full = np.arange(6.0)[:, None] + np.zeros((1, 3))
    tied = np.ones((6, 3))
    kept = survival(tied, full, seeds=1, keep=1 / 3)
    assert kept is not None
    assert (kept.best, kept.best_three) == (pytest.approx(2 / 6), pytest.approx(2 / 6))


def test_luck_lets_a_third_go_on():
    rng = np.random.default_rng(0)
    chances = []
    for _ in range(40):
        luck = rng.normal(size=(30, 9))  # a seed says nothing of another
        kept = survival(luck, luck, seeds=1, keep=1 / 3)
        assert kept is not None
        chances.append(kept.best)
    assert np.mean(chances) == pytest.approx(1 / 3, abs=0.1)  # 360 draws: a deviation of 0.025


def look(cost: float, low: float, best: float, of_two: float, rung: str = "small") -> Look:
    return Look(
        rung=rung,
        epoch=8,
        share=0.25,
        image_size=None,
        seconds=cost / 2,
        first_seconds=cost,
        cost=cost,
        noise=0.02,
        reference_noise=0.03,
        all_seeds=RankCorrelation(rho=low + 0.1, low=low, high=low + 0.2),
        one_seed=None,
        kept=(Kept(best=best, best_three=best), Kept(best=of_two, best_three=of_two)),
    )


FULL = look(1.0, 0.7, 0.95, 0.99, "full").model_copy(update={"all_seeds": None})


@pytest.mark.parametrize(
    ("looks", "says"),
    [
        ([look(0.3, 0.7, 0.95, 0.99), look(0.5, 0.8, 0.99, 0.99)], "Screen with small, epoch 8, on 1 seed: 30% of"),
        # Two seeds, of which the second costs no trace: .3 + .15.
        ([look(0.3, 0.7, 0.8, 0.95), look(0.5, 0.8, 0.99, 0.99)], "Screen with small, epoch 8, on 2 seeds: 45% of"),
        ([look(0.3, 0.4, 0.95, 0.99), look(0.5, 0.8, 0.99, 0.99)], "on 1 seed: 50% of"),
        ([look(0.7, 0.8, 0.99, 0.99)], "No cheaper rung pays: the cheapest that can be believed (small, epoch 8, on 1"),
        ([look(0.3, 0.4, 0.95, 0.99)], "No cheaper rung can be believed on this evidence"),
        ([look(0.3, 0.8, 0.7, 0.8)], "No cheaper rung can be believed on this evidence"),
        ([], "No cheaper rung can be believed on this evidence"),
    ],
)
def test_the_cheapest_look_that_can_be_believed_is_recommended(looks, says):
    sentence = recommend([*looks, FULL], goes_on=0.4)
    assert says in sentence
    assert ("Rung(name=" in sentence) == sentence.startswith("Screen with")
    if sentence.startswith("Screen with"):
        assert "epochs=8, share=0.25, seeds=" in sentence


def test_choosing_is_no_gain():
    # For the first seed the others prefer the second candidate (means 5 and 6), for the others the first.
    scores = np.array([[9.0, 5.0, 5.0], [1.0, 6.0, 6.0]])
    assert chosen_by_others(scores).tolist() == [1.0, 5.0, 5.0]
    luck = np.random.default_rng(0).normal(size=(300, 40))
    assert luck.mean(axis=1).max() > 0.3  # what choosing on the same seeds would report
    assert abs(chosen_by_others(luck).mean()) < 0.5  # 40 draws: a deviation of 0.16
    tied = np.array([[1.0, 2.0, 3.0]] * 2 + [[0.0, 0.0, 0.0]])
    assert chosen_by_others(tied).tolist() == [1.0, 2.0, 3.0]


def test_headroom_is_the_difference_of_the_chosen():
    losses = {"bad": np.array([0.1, 0.1, 0.1]), "good": np.array([0.9, 0.8, 0.85])}
    references = {"slow": np.array([0.2, 0.2, 0.2]), "fast": np.array([0.5, 0.4, 0.6])}
    gain = headroom(losses, references, confidence=0.95, selection_seeds=4)
    assert (gain.loss, gain.against) == ("good", "fast")
    # Differences .4, .4, .25: mean .35, deviation .0866, t(2) = 4.303.
    assert gain.difference == pytest.approx(0.35)
    assert gain.high - gain.difference == pytest.approx(4.303 * 0.0866 / 3**0.5, rel=1e-3)
    assert gain.low + gain.high == pytest.approx(0.7)
    # Deviations .05 and .1: of a mean difference over 4 seeds .0559.
    assert gain.clear == pytest.approx(2.5 * 0.0559, rel=1e-3)


def _gain(difference: float, low: float) -> Headroom:
    high = 2 * difference - low
    return Headroom(loss="gce", against="cross-entropy", difference=difference, low=low, high=high, clear=0.03)


@pytest.mark.parametrize(
    ("gain", "stopped", "samples", "worth_it", "says"),
    [
        (
            _gain(0.2, 0.15),
            _gain(0.05, 0.02),
            200,
            True,
            "A search is worth it: over cross-entropy, the best of the zoo (gce) gains +0.2000 [",
        ),
        (_gain(0.2, 0.15), _gain(0.01, -0.01), 200, True, "stopping early may be all that you need"),
        (_gain(0.2, -0.01), _gain(0.2, -0.01), 200, False, "Raise --seeds"),
        (_gain(0.2, 0.15), _gain(0.2, 0.15), 20, False, "which is 4.0 of the 20 validation samples"),
        (_gain(0.02, 0.01), _gain(0.02, 0.01), 200, False, "Not worth it on this evidence"),
        (_gain(0.025, -0.01), _gain(0.02, 0.01), 200, False, "Not clear on this evidence"),
        (_gain(-0.1, -0.2), _gain(-0.2, -0.3), 200, False, "Not worth it on this evidence"),
    ],
)
def test_a_search_is_worth_it_where_the_gain_is_clear_of_noise(gain, stopped, samples, worth_it, says):
    answer, sentence = conclude(gain, stopped, selection_seeds=8, validation_samples=samples)
    assert answer is worth_it
    assert says in sentence


INFO = FakeWorkers(lambda job, seed: make_training(job, seed, None)).info.model_copy(
    update={"rungs": (Rung(name="full", epochs=4),)}
)


def _fits(name: str, *curves: tuple[float, ...], rate: float = 1.0) -> Fits:
    """Trainings with these validation scores; one without any was killed."""
    trainings = tuple(
        Training(
            key=name,
            rung="full",
            seed=seed,
            learning_rate_scale=rate,
            status=Status.OK if curve else Status.KILLED,
            score=curve[-1] if curve else None,
            curve=curve,
            message="" if curve else "out of memory",
            seconds=1.0 if seed else 3.0,
            steps=4,
        )
        for seed, curve in enumerate(curves)
    )
    return Fits(name, rate, trainings)


def test_a_loss_that_failed_is_listed_and_counts_for_nothing_else():
    rising = (0.1, 0.2, 0.4, 0.5)
    falling = (0.3, 0.8, 0.6, 0.55)
    better = (0.3, 0.5, 0.7, 0.9)
    full = [
        _fits("cross-entropy", rising, (), rising),
        _fits("cross-entropy", rising, rising, rising, rate=0.5),
        _fits("cross-entropy", falling, falling, falling, rate=2.0),
        _fits("gce", better, better, (0.3, 0.5, 0.7, 0.84)),
        _fits("mae", (), better, better),
    ]
    found = summarise(INFO, Settings(), {"full": full}, seconds=60.0)
    assert [line.loss for line in found.losses[:3]] == ["gce", "cross-entropy", "cross-entropy"]
    assert {(line.loss, line.mean, line.message) for line in found.losses[3:]} == {
        ("cross-entropy", None, "out of memory"),
        ("mae", None, "out of memory"),
    }
    tuned, stopped = found.headroom
    assert (tuned.loss, tuned.against) == ("gce", "cross-entropy at learning rate x 2")
    assert tuned.difference == pytest.approx(0.88 - 0.55)
    assert stopped.against == "cross-entropy at learning rate x 2 and 2 epochs"
    assert stopped.difference == pytest.approx(0.88 - 0.8)
    assert [r.one_seed for r in found.looks] == [None] * 4  # of one loss
    assert [r.kept for r in found.looks] == [(None, None)] * 4
    # Trainings of 4 epochs: 1 second, and 2 for the trace.
    assert [(r.epoch, r.seconds, r.first_seconds) for r in found.looks] == [
        (1, 0.25, 2.25),
        (2, 0.5, 2.5),
        (3, 0.75, 2.75),
        (4, 1.0, 3.0),
    ]
    assert found.looks[0].cost == 0.75
    assert [r.reference_noise for r in found.looks] == [None] * 4  # a training of it failed
    assert found.screening.startswith("No cheaper rung can be believed")
    assert found.worth_it


def test_the_cheaper_rungs_of_a_task_come_first_and_only_losses_count_that_trained_at_all_of_them():
    short = Rung(name="short", epochs=2, share=0.5)
    full = [_fits(name, *[[level] * 4] * 3) for level, name in enumerate(["cross-entropy", "a", "b", "c", "d"])]
    cheap = [_fits(name, *[[-level] * 2] * 3) for level, name in enumerate(["cross-entropy", "a", "b", "c"])]
    info = INFO.model_copy(update={"rungs": (short, *INFO.rungs)})
    looks = summarise(info, Settings(), {"short": [*cheap, _fits("d", (), ())], "full": full}, seconds=1.0).looks
    assert [(r.rung, r.epoch, r.share) for r in looks][:2] == [("short", 2, 0.5), ("full", 1, 1.0)]
    assert looks[0].all_seeds is not None
    assert looks[0].all_seeds.rho == -1.0  # of the four
    assert looks[0].kept[0] == Kept(best=0.0, best_three=1 / 3)
    assert (looks[0].seconds, looks[0].first_seconds) == (1.0, 3.0)


def test_the_noise_of_the_reference_is_that_of_its_own_trainings_at_every_epoch():
    curves = ((0.1, 0.4, 0.2, 0.5), (0.2, 0.4, 0.2, 0.6), (0.3, 0.4, 0.2, 0.7))
    full = [_fits("cross-entropy", *curves), _fits("gce", *curves)]
    looks = summarise(INFO, Settings(), {"full": full}, seconds=60.0, epochs=(2, 2, 1)).looks
    assert [r.epoch for r in looks] == [1, 2, 3, 4]
    assert [r.reference_noise for r in looks] == pytest.approx([0.1, 0.0, 0.0, 0.1])


def test_a_learning_rate_at_the_end_of_those_tried_is_told():
    flat = (0.5, 0.5, 0.5, 0.5)
    best = (0.6, 0.6, 0.6, 0.6)
    gce = _fits("gce", best, best, best)
    for rate, says in ((0.25, "a still smaller one"), (4.0, "a still larger one"), (0.5, None)):
        references = [_fits("cross-entropy", *[best if r == rate else flat] * 3, rate=r) for r in (1.0, 0.5, 0.25, 4.0)]
        conclusion = summarise(INFO, Settings(), {"full": [*references, gce]}, seconds=60.0).conclusion
        assert ("a still" in conclusion) == (says is not None)
        assert says is None or says in conclusion


def calibrate(*args: str | Path) -> Result:
    return CliRunner().invoke(main, ["calibrate", *(str(arg) for arg in args)])


def test_it_trains_the_zoo_on_every_rung_and_tells_what_it_found(capsys: pytest.CaptureFixture[str]):
    done = calibrate(TINY, "--seeds=3", "--workers=2", "--share=0.4", "--epochs=5", "--json")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)

    losses = len(zoo_names())
    trainings = losses * 3 * 2 + 5 * 3  # two rungs, and five more learning rates on the last
    assert found["trainings"] == trainings
    assert f"{trainings} trainings" in done.stderr  # told before they begin
    # The rung to try; a third, a half and three quarters of 8 epochs, and 5; the last epoch, which has no rank but by a
    # seed.
    read = [(r["rung"], r["epoch"], r["share"]) for r in found["looks"]]
    assert read == [("share-0.4", 8, 0.4), *[("full", epoch, 1.0) for epoch in (3, 4, 5, 6, 8)]]
    assert [r["all_seeds"] is None for r in found["looks"]] == [False] * 5 + [True]
    for one in found["looks"]:
        assert 0 < one["noise"] < 0.5
        assert 0 < one["reference_noise"] < 0.5
        assert 0 < one["seconds"] < one["first_seconds"]  # the first has the trace
        assert all(0 <= kept["best"] <= 1 for kept in one["kept"])
    assert found["looks"][-1]["cost"] == 1
    assert len(found["losses"]) == losses + 5
    means = [line["mean"] for line in found["losses"]]
    assert means == sorted(means, reverse=True)
    assert all(mean * 60 * 3 == pytest.approx(round(mean * 60 * 3)) for mean in means)  # 60 validation samples
    assert [g["loss"] for g in found["headroom"]] == [
        next(x["loss"] for x in found["losses"] if x["loss"] != "cross-entropy")
    ] * 2
    assert all(g["against"].startswith("cross-entropy at learning rate x ") for g in found["headroom"])

    print_calibration(Calibration.model_validate_json(done.stdout))
    table = capsys.readouterr().out
    for text in (*zoo_names(), "full, epoch 3", found["headroom"][0]["against"]):
        assert text in table
    assert table.splitlines()[-2:] == [found["screening"], found["conclusion"]]
    starts = ("A search is worth it: ",) if found["worth_it"] else ("Not worth it on this", "Not clear on this")
    assert found["conclusion"].startswith(starts)


@pytest.mark.parametrize(
    ("args", "says", "exit_code"),
    [
        (("digits-nosy",), "Did you mean `digits-noisy`", 2),
        ((TINY, "--seeds", "1"), "needs at least 3 seeds", 2),
        ((TINY, "--seeds", "3", "--epochs", "9"), "The full rung has 8 epochs; received --epochs 9.", 2),
        (
            (TINY, "--seeds", "3", "--set=evaluator.options={learning_rate: 1.0e+38}"),
            "The reference, cross-entropy, failed on some seed at every learning rate",
            3,
        ),
    ],
)
def test_what_cannot_be_calibrated_gets_one_paragraph(args: tuple[str | Path, ...], says: str, exit_code: int):
    done = calibrate(*args, "--workers", "1")
    assert done.exit_code == exit_code
    assert done.stdout == ""
    errors = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1
    assert says in errors[0]
