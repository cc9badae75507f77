"""Evaluators are found by name, with `-`, or by path."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from alphaloss.errors import EvaluatorError
from alphaloss.training import Rung, SymmetricNoise, find_evaluator, list_evaluators


def test_every_listed_evaluator_is_found():
    assert {"digits", "digits-noisy"} <= set(list_evaluators())
    for name in list_evaluators():
        path = find_evaluator(name)
        assert path.is_absolute()
        assert path.stem == name.replace("-", "_")


def test_a_path_is_made_absolute(tmp_path, monkeypatch):
    (tmp_path / "mine.py").touch()
    monkeypatch.chdir(tmp_path)
    assert find_evaluator("mine.py") == find_evaluator("./mine.py") == tmp_path / "mine.py"


def test_an_unknown_name_gets_the_nearest_and_the_list():
    with pytest.raises(EvaluatorError, match=r"Did you mean `digits-noisy`\?.*digits, digits-noisy"):
        find_evaluator("digit-noisy")


def test_a_missing_file_is_named():
    with pytest.raises(EvaluatorError, match=r"no evaluator file `nowhere/mine\.py`"):
        find_evaluator("nowhere/mine.py")


def test_symmetric_noise_replaces_its_share_by_other_classes_evenly():
    labels = np.zeros(30_000, int)
    noisy = SymmetricNoise(rate=0.4).apply(labels, 4, np.random.default_rng(0))
    shares = np.bincount(noisy, minlength=4) / len(labels)
    # Binomial with 30,000 draws: a standard deviation is below 0.003.
    np.testing.assert_allclose(shares, [0.6, 0.4 / 3, 0.4 / 3, 0.4 / 3], atol=0.012)
    assert (labels == 0).all()


@pytest.mark.parametrize("rate", [-0.1, 1.0])
def test_a_rate_is_a_probability_below_one(rate):
    with pytest.raises(ValidationError):
        SymmetricNoise(rate=rate)


def test_an_unknown_key_of_a_rung_is_refused():
    with pytest.raises(ValidationError):
        Rung(name="full", epochs=1, epoch=2)
