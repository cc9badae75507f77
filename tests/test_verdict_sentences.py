"""What a verdict says: two sentences, then the details; whole texts, so that every word of them is looked at."""

from __future__ import annotations

from alphaloss.report.sentences import verdict_sentences
from alphaloss.verdict import (
    BEST_OF_ZOO,
    CHAMPION,
    Claim,
    Comparison,
    TestScore,
    Verdict,
    tuned_label,
)

TestScore.__test__ = False  # a record, no test case

CROSS_ENTROPY, EARLY_STOPPED = "cross-entropy", "cross-entropy, stopped early"

RATES = {1.0: 0.7, 0.25: 0.9, 0.5: 0.8, 2.0: 0.6, 4.0: None}


def claim(against: str, difference: float, low: float, high: float, *, holds: bool, detectable: float | None = 0.02):
    return Claim(
        against=against,
        difference=difference,
        low=low,
        high=high,
        t_low=low,
        t_high=high,
        p_value=0.001 if holds else 0.2,
        holds=holds,
        detectable=detectable,
    )


def verdict(
    *claims: Claim, scale: float = 1.0, seeds: int = 10, failed: int = 0, reference: str = CROSS_ENTROPY
) -> Verdict:
    label = tuned_label(reference, scale)
    tuned = Comparison(against=label, difference=0.076, low=0.051, high=0.1, t_low=0.05, t_high=0.1)
    return Verdict(
        confidence=0.95,
        seeds=seeds,
        reference=reference,
        scores=(TestScore(label=CHAMPION, mean=0.97, standard_error=0.01, failed=failed),),
        claims=claims,
        learning_rate_scale=scale,
        tuned=tuned,
    )


def sentences(found: Verdict, *, metric: str = "accuracy", rates: dict[float, float | None] = RATES) -> list[str]:
    return verdict_sentences(found, task="digits-noisy", metric=metric, best_of_zoo="nce-rce", learning_rates=rates)


WINS = (
    claim(CROSS_ENTROPY, 0.284, 0.2646, 0.3034, holds=True, detectable=0.0213),
    claim(EARLY_STOPPED, 0.0524, 0.0405, 0.0654, holds=True, detectable=0.0151),
    claim(BEST_OF_ZOO, 0.0336, 0.02, 0.0483, holds=True, detectable=0.0183),
)
NO_DIFFERENCE = (
    claim(CROSS_ENTROPY, 0.003, -0.005, 0.011, holds=False),
    claim(EARLY_STOPPED, 0.001, -0.007, 0.009, holds=False),
    claim(BEST_OF_ZOO, -0.012, -0.02, -0.004, holds=False),
)


def test_three_claims_that_hold():
    assert sentences(verdict(*WINS, scale=0.5)) == [
        "On digits-noisy the champion is better than cross-entropy (+28.4 points [26.5, 30.3]), than cross-entropy "
        "stopped early (+5.2 [4.0, 6.5]) and than the best of the zoo, nce-rce (+3.4 [2.0, 4.8]).",
        "All three at 95 %, on 10 new seeds and test data opened for this alone; this holds for this task.",
        "Cross-entropy at the best learning rate tried (x 0.5): the champion is at +7.6 points [5.1, 10.0]; "
        "descriptive, not one of the claims.",
        "Differences are positive where the champion is better; intervals of 95%: bootstrap over seeds and test "
        "samples. Better: also by a t test over both, after Holm's correction for three claims at 5 %.",
        "Differences that this test finds with 80 % probability: 2.1 points to cross-entropy; 1.5 points to "
        "cross-entropy stopped early; 1.8 points to the best of the zoo, nce-rce.",
    ]


def test_a_champion_that_is_only_better_than_cross_entropy():
    first, second, *_ = sentences(verdict(WINS[0], NO_DIFFERENCE[1], NO_DIFFERENCE[2]))
    assert first == (
        "On digits-noisy the champion is better than cross-entropy (+28.4 points [26.5, 30.3]), but not shown to be "
        "better than cross-entropy stopped early (+0.1 [-0.7, 0.9]) and worse than the best of the zoo, nce-rce "
        "(-1.2 [-2.0, -0.4])."
    )
    assert second == (
        "Three claims, tested together at 5 %, on 10 new seeds and test data opened for this alone; this holds for "
        "this task."
    )


def test_a_null_result_says_so_first():
    first, second, *_ = sentences(verdict(*NO_DIFFERENCE))
    assert first == (
        "No better loss was found: on digits-noisy the champion is not shown to be better than cross-entropy "
        "(+0.3 points [-0.5, 1.1]) or than cross-entropy stopped early (+0.1 [-0.7, 0.9]), but worse than the best of "
        "the zoo, nce-rce (-1.2 [-2.0, -0.4])."
    )
    assert second == ("Three claims, tested together at 5 %, on 10 new seeds and test data opened for this alone.")


def test_better_than_the_zoo_alone_is_no_better_loss():
    first, *_ = sentences(verdict(NO_DIFFERENCE[0], NO_DIFFERENCE[1], WINS[2]))
    assert first == (
        "No better loss was found: on digits-noisy the champion is not shown to be better than cross-entropy "
        "(+0.3 points [-0.5, 1.1]) or than cross-entropy stopped early (+0.1 [-0.7, 0.9]), but better than the best of "
        "the zoo, nce-rce (+3.4 [2.0, 4.8])."
    )


def test_metrics_that_are_no_shares_have_no_points():
    first, *_, detectable = sentences(verdict(*WINS), metric="mean absolute error")
    assert first == (
        "On digits-noisy the champion is better than cross-entropy (+0.2840 [0.2646, 0.3034]), than cross-entropy "
        "stopped early (+0.0524 [0.0405, 0.0654]) and than the best of the zoo, nce-rce (+0.0336 [0.0200, 0.0483])."
    )
    assert "0.0213 to cross-entropy;" in detectable


def test_a_reference_that_failed_is_named():
    first, second, third, *_ = sentences(verdict(*WINS[:2]))
    assert first == (
        "On digits-noisy the champion is better than cross-entropy (+28.4 points [26.5, 30.3]) and than cross-entropy "
        "stopped early (+5.2 [4.0, 6.5])."
    )
    assert second.startswith("Three claims, tested together at 5 %, on 10 new seeds")
    assert third == "Nothing can be said about the best of the zoo, nce-rce: a training of it failed."


def test_a_champion_that_failed_is_no_better_loss():
    first, *_ = sentences(verdict(failed=2))
    assert first == "No better loss was found: 2 of the champion's 10 trainings for the test failed."
    first, *_ = sentences(verdict())
    assert first == (
        "No better loss was found: a training of every reference failed, so that there is nothing to compare with."
    )


def test_two_seeds_are_no_verdict():
    claims = [c.model_copy(update={"holds": False, "detectable": None}) for c in WINS]
    first, *_, last = sentences(verdict(*claims, seeds=2))
    assert first == (
        "No verdict, because 2 seeds are too few for one: on digits-noisy the champion is not shown to be better than "
        "cross-entropy (+28.4 points [26.5, 30.3]), than cross-entropy stopped early (+5.2 [4.0, 6.5]) or than the "
        "best of the zoo, nce-rce (+3.4 [2.0, 4.8])."
    )
    assert "80 %" not in last


def test_a_learning_rate_at_the_end_of_those_tried_is_marked():
    note = "Of the learning rates tried x {} is the {}: a {} one may be better still (selection.learning_rates)."
    assert note.format("0.25", "smallest", "smaller") in sentences(verdict(*WINS, scale=0.25))
    assert note.format("4", "largest", "larger") in sentences(verdict(*WINS, scale=4.0))
    assert not any("may be better still" in s for s in sentences(verdict(*WINS, scale=0.5)))


def test_where_the_task_s_own_learning_rate_is_the_best_the_others_are_listed():
    expected = "No other learning rate was better for cross-entropy on validation data (x 0.25, x 0.5, x 2, x 4)."
    assert expected in sentences(verdict(*WINS))
    assert not any("learning rate" in s for s in sentences(verdict(*WINS), rates={1.0: 0.7}))


def test_a_regression_names_its_own_reference_and_small_differences_keep_two_digits():
    claims = [
        claim("squared", 0.00021, 0.0001, 0.0003, holds=True, detectable=0.00004),
        claim("squared, stopped early", 0.0105, 0.01, 0.011, holds=True, detectable=0.0021),
        claim(BEST_OF_ZOO, 0.0, -0.002, 0.002, holds=False, detectable=0.0021),
    ]
    found = verdict(*claims, scale=0.5, reference="squared")
    first, _, tuned, _, detectable = sentences(found, metric="mse")
    assert found.better
    assert first == (
        "On digits-noisy the champion is better than squared (+0.00021 [0.0001, 0.0003]) and than squared stopped "
        "early (+0.0105 [0.0100, 0.0110]), but not shown to be better than the best of the zoo, nce-rce "
        "(+0.0000 [-0.0020, 0.0020])."
    )
    assert tuned.startswith("Squared at the best learning rate tried (x 0.5): the champion is at +0.0760 [0.0510,")
    assert "4e-05 to squared; 0.0021 to squared stopped early" in detectable
    [line] = sentences(verdict(*claims, reference="squared"), metric="mse", rates={1.0: 0.5, 2.0: 0.6})[2:3]
    assert line == "No other learning rate was better for squared on validation data (x 2)."
