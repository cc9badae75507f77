"""Evaluators are found by name, with `-`, or by path."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from alphaloss.errors import EvaluatorError
from alphaloss.training import Rung, find_evaluator, list_evaluators


def test_every_listed_evaluator_is_found():
    assert {"digits", "digits-noisy", "digits-long-tail"} <= set(list_evaluators())
    for name in list_evaluators():
        path = find_evaluator(name)
        assert path.is_absolute()
        assert path.stem == name.replace("-", "_")


def test_a_path_is_made_absolute(tmp_path, monkeypatch):
    (tmp_path / "mine.py").touch()
    monkeypatch.chdir(tmp_path)
    assert find_evaluator("mine.py") == find_evaluator("./mine.py") == tmp_path / "mine.py"


def test_an_unknown_name_gets_the_nearest_and_the_list():
    with pytest.raises(EvaluatorError, match=r"Did you mean `digits-noisy`\?.*digits, digits-long-tail, digits-noisy"):
        find_evaluator("digit-noisy")


def test_a_missing_file_is_named():
    with pytest.raises(EvaluatorError, match=r"no evaluator file `nowhere/mine\.py`"):
        find_evaluator("nowhere/mine.py")


def test_an_unknown_key_of_a_rung_is_refused():
    with pytest.raises(ValidationError):
        Rung(name="full", epochs=1, epoch=2)
