"""Metrics have the values of scikit-learn, and contributions that a bootstrap over samples may draw."""

from __future__ import annotations

from math import inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from sklearn import metrics as sklearn_metrics

from alphaloss.errors import EvaluatorError
from alphaloss.training.metrics import METRICS, make_metric, measure_all


def softmax(logits):
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


@st.composite
def classified(draw):
    """Logits (float32, as a model gives them) and labels, among them batches in which classes are missing."""
    samples, classes = draw(st.integers(2, 40)), draw(st.integers(2, 12))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    logits = rng.normal(0, draw(st.sampled_from([0.1, 1.0, 3.0])), (samples, classes)).astype(np.float32)
    return logits, rng.integers(0, draw(st.integers(1, classes)), samples)


@st.composite
def regressed(draw):
    samples, outputs = draw(st.integers(2, 40)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    shape = (samples, outputs)
    return rng.normal(size=shape).astype(np.float32), rng.normal(draw(st.sampled_from([0, 100])), 2, shape)


@given(classified())
def test_metrics_of_classes_have_the_values_of_scikit_learn(batch):
    logits, y = batch
    p, classes = softmax(logits.astype(np.float64)), np.arange(logits.shape[1])
    guesses, one_hot = logits.argmax(axis=-1), np.eye(len(classes))[y]
    occur = np.unique(y)
    expected = {
        "accuracy": sklearn_metrics.accuracy_score(y, guesses),
        "balanced-accuracy": sklearn_metrics.recall_score(y, guesses, labels=occur, average="macro"),
        "macro-f1": sklearn_metrics.f1_score(y, guesses, average="macro", zero_division=0.0),
        "nll": sklearn_metrics.log_loss(y, p, labels=classes),
        "brier": np.mean([np.sum((row - true) ** 2) for row, true in zip(p, one_hot, strict=True)]),
    }
    if len(classes) > 5:
        expected["top-5"] = sklearn_metrics.top_k_accuracy_score(y, logits, k=5, labels=classes)
    found = measure_all(logits, y, "classes")
    assert found.keys() - {"ece"} == expected.keys()
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-9, abs=1e-12), name


@given(regressed())
def test_metrics_of_values_have_the_values_of_scikit_learn(batch):
    predictions, y = batch
    assert measure_all(predictions, y, "values") == pytest.approx(
        {
            "mse": sklearn_metrics.mean_squared_error(y, predictions),
            "mae": sklearn_metrics.mean_absolute_error(y, predictions),
            "r2": sklearn_metrics.r2_score(y, predictions),  # the mean over outputs
        }
    )


def test_ece_weighs_the_gap_of_each_bin_by_its_samples():
    # Two of three right at a confidence of .9, in one bin; one wrong at .6, in another.
    p = np.array([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.6, 0.4]])
    expected = 3 / 4 * (0.9 - 2 / 3) + 1 / 4 * 0.6
    assert METRICS["ece"].score(np.log(p), np.array([0, 0, 1, 1])) == pytest.approx(expected)


def test_equal_logits_are_in_the_top_five_by_number_as_for_the_accuracy():
    labels = np.arange(8)
    assert METRICS["top-5"].samples(np.zeros((8, 8)), labels).tolist() == [1.0] * 5 + [0.0] * 3
    assert METRICS["accuracy"].samples(np.zeros((8, 8)), labels).tolist() == [1.0] + [0.0] * 7


@given(classified(), st.data())
def test_jackknife_contributions_are_what_leaving_a_sample_out_changes(batch, data):
    """Against the scores of all batches with one sample less; where it takes a class along, F1 has no such value."""
    logits, y = batch
    n = len(y)
    name = data.draw(st.sampled_from(["macro-f1", "ece"]))
    metric, rest = METRICS[name], ~np.eye(n, dtype=bool)
    total = np.bincount(y, minlength=logits.shape[1]) + np.bincount(logits.argmax(axis=-1), minlength=logits.shape[1])
    if name == "macro-f1" and set(total.tolist()) & {1, 2}:
        return
    pseudo = np.array([n * metric.score(logits, y) - (n - 1) * metric.score(logits[k], y[k]) for k in rest])
    assert_allclose(metric.samples(logits, y), pseudo - pseudo.mean() + metric.score(logits, y), atol=1e-9)


@pytest.mark.parametrize("name", ["balanced-accuracy", "r2"])
def test_linearised_contributions_are_close_to_the_jackknife(name):
    rng = np.random.default_rng(0)
    n = 400
    y = rng.integers(0, 3, n) if name == "balanced-accuracy" else rng.normal(size=(n, 2))
    predictions = rng.normal(size=(n, 3)) if name == "balanced-accuracy" else y + rng.normal(size=(n, 2))
    metric = METRICS[name]
    pseudo = [
        n * metric.score(predictions, y) - (n - 1) * metric.score(predictions[k], y[k]) for k in ~np.eye(n, dtype=bool)
    ]
    assert np.corrcoef(metric.samples(predictions, y), pseudo)[0, 1] > 0.999
    assert np.std(metric.samples(predictions, y)) == pytest.approx(np.std(pseudo), rel=0.02)


@given(classified())
def test_no_constant_prediction_of_classes_is_better_than_chance(batch):
    logits, y = batch
    shares = np.bincount(y, minlength=logits.shape[1]) / len(y)
    for name, metric in METRICS.items():
        if metric.target == "classes" and not (name == "top-5" and logits.shape[1] <= 5):
            best = np.tile(np.log(shares + 1e-12), (len(y), 1))
            if name == "ece":
                assert metric.chance(y) == inf  # so that no training is hopeless
            else:
                assert metric.chance(y) == pytest.approx(metric.score(best, y), abs=1e-6), name
            assert not metric.better(metric.score(np.tile(logits[:1], (len(y), 1)), y), metric.chance(y) + 1e-12) or (
                name == "ece"
            )


@given(regressed())
def test_chance_of_values_is_the_best_constant(batch):
    _, y = batch
    for name, constant in {"mse": y.mean(axis=0), "mae": np.median(y, axis=0), "r2": y.mean(axis=0)}.items():
        at_best = METRICS[name].score(np.tile(constant, (len(y), 1)), y)
        assert METRICS[name].chance(y) == pytest.approx(at_best, abs=1e-9)


@given(classified())
def test_a_weighted_sum_subtracts_what_is_better_when_smaller(batch):
    logits, y = batch
    metric = make_metric({"accuracy": 1, "ece": 0.5, "nll": 2.0}, "classes")
    of = measure_all(logits, y, "classes")
    assert (metric.name, metric.direction) == ("accuracy - 0.5 ece - 2 nll", "max")
    assert metric.score(logits, y) == pytest.approx(of["accuracy"] - 0.5 * of["ece"] - 2.0 * of["nll"])
    assert metric.chance(y) == -inf  # nothing is hopeless by the calibration
    assert make_metric({"brier": 2}, "classes").name == "- 2 brier"
    assert make_metric("nll", "classes") is METRICS["nll"]


@pytest.mark.parametrize(
    ("metric", "target", "classes", "sentence"),
    [
        ("acuracy", "classes", None, "received 'acuracy'. Did you mean `accuracy`?"),
        ("mse", "classes", None, "for target='values', but the task has target='classes'; expected one of accuracy,"),
        ("accuracy", "values", None, "expected one of mse, mae, r2."),
        ("top-5", "classes", 5, "always 1 with 5 classes; write metric='accuracy'"),
        ({"accuracy": 1, "top-5": 1}, "classes", 3, "always 1 with 3 classes"),
        ({}, "classes", None, "received {}"),
        (None, "values", None, "must be one of mse, mae, r2, or positive weights by name"),
        ({"accuracy": 1, "mse": 1}, "classes", None, "for target='values'"),
        ({"accuracy": 0}, "classes", None, "a positive number; received 0."),
        ({"accuracy": nan}, "classes", None, "a positive number; received nan."),
        ({"accuracy": "1"}, "classes", None, "a positive number; received '1'."),
        ({"accuracy": 1, "ece": -0.5}, "classes", None, "received -0.5. A metric that is better when smaller is subtr"),
    ],
)
def test_a_metric_that_cannot_be_had_is_refused(metric, target, classes, sentence):
    with pytest.raises(EvaluatorError) as refused:
        make_metric(metric, target, classes)
    assert sentence in str(refused.value)


def test_top_five_needs_more_than_five_classes():
    assert make_metric("top-5", "classes", 6) is METRICS["top-5"]
    assert "top-5" not in measure_all(np.zeros((2, 5)), np.array([0, 1]), "classes")


@pytest.mark.parametrize(("name", "temperature"), [("macro-f1", 1.0), ("balanced-accuracy", 1.0), ("ece", 3.0)])
def test_intervals_from_contributions_cover_the_difference_of_two_models(name, temperature):
    """Normal intervals of 95 % over 300 test sets of 500 samples with a rare class; the truth is from 400,000 samples.

    A share of 300 intervals that covers with probability .95 is between .915 and .985 but for one time in a hundred.
    """
    rng = np.random.default_rng(1)
    metric, shares = METRICS[name], [0.5, 0.3, 0.15, 0.05]

    def draw(samples):
        y = rng.choice(4, samples, p=shares)
        noise = rng.normal(size=(2, samples, 4))
        better = temperature * (2.0 * np.eye(4)[y] + noise[0])
        return y, better, 1.4 * np.eye(4)[y] + 0.7 * noise[0] + 0.7 * noise[1]

    y, *models = draw(400_000)
    truth = metric.score(models[0], y) - metric.score(models[1], y)
    covered = 0
    for _ in range(300):
        y, *models = draw(500)
        d = metric.samples(models[0], y) - metric.samples(models[1], y)
        covered += abs(d.mean() - truth) < 1.96 * d.std() / np.sqrt(len(d))
    assert 0.915 <= covered / 300 <= 0.985
