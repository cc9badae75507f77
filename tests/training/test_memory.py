"""What cannot fit into any machine's memory is refused with the figures."""

from __future__ import annotations

import pytest

from alphaloss.errors import EvaluatorError
from alphaloss.training.memory import available_bytes, check_inputs, check_step

pytestmark = pytest.mark.skipif(available_bytes() is None, reason="the system does not tell its free memory")


def test_inputs_and_steps_that_fit_pass_and_others_are_refused():
    check_inputs(2**20)
    check_step(2**10, 64)
    with pytest.raises(EvaluatorError, match=r"x_train needs 1048576\.0 GiB as a tensor, but only \d+\.\d GiB"):
        check_inputs(2**50)
    with pytest.raises(EvaluatorError, match=r"step of 64 samples needs about 65536\.0 GiB, but only \d+\.\d GiB"):
        check_step(2**40, 64)
