"""What `doctor` tells of a task and of GPUs, before a search."""

from __future__ import annotations

import re

import pytest
import tiny_task

from alphaloss.doctor import examine
from alphaloss.errors import EvaluatorError


def test_the_cost_of_a_task_is_measured_and_a_gpu_that_tensorflow_does_not_see_is_told(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    found = {finding.what: finding for finding in examine(evaluator=tiny_task.__file__).findings}
    assert not found["GPUs"].ok
    assert (
        "1 (chosen by CUDA_VISIBLE_DEVICES), but TensorFlow sees none. Install `alphaloss[gpu]`"
        in found["GPUs"].message
    )
    assert found["cost"].ok
    numbers = (
        r"tiny: \d+\.\d\d ms a step .*, \S+ s an epoch of 3 steps, a training: full \S+ s; the worker holds \d+ MiB"
    )
    assert re.fullmatch(numbers, found["cost"].message)
    assert "training" not in found  # a task of one's own may take hours


def test_an_evaluator_that_does_not_exist_is_wrong_use():
    with pytest.raises(EvaluatorError, match=r"There is no evaluator `digit-noisy`\. Did you mean `digits-noisy`"):
        examine(evaluator="digit-noisy")
