"""What cannot fit into any machine's memory is refused with the figures."""

from __future__ import annotations

import numpy as np
import pytest

from alphaloss.errors import EvaluatorError
from alphaloss.training.memory import MIB, available_bytes, check_inputs, check_step, own_bytes, worker_limit_mib

pytestmark = pytest.mark.skipif(available_bytes() is None, reason="the system does not tell its free memory")


def test_inputs_and_steps_that_fit_pass_and_others_are_refused():
    check_inputs(2**20)
    check_step(2**10, 64)
    with pytest.raises(
        EvaluatorError, match=r"x_train needs as a tensor 1073741824 MiB of memory, and \d+ MiB are free"
    ):
        check_inputs(2**50)
    with pytest.raises(EvaluatorError, match=r"step of 64 samples needs about 67108864 MiB of memory, and \d+ MiB are"):
        check_step(2**40, 64)


def test_the_limit_of_a_worker_counts_where_it_is_less_than_what_is_free():
    used = own_bytes()
    assert used is not None
    token = worker_limit_mib.set(used // MIB + 200)
    try:
        check_inputs(20 * MIB)
        with pytest.raises(
            EvaluatorError, match=r"256 MiB of memory, and a worker has 1?\d\d MiB left of its limit of"
        ):
            check_inputs(256 * MIB)
        with pytest.raises(EvaluatorError, match=r"or use fewer workers\. Or raise the limit, `workers\.memory_mib`\."):
            check_step(4 * MIB, 64)
    finally:
        worker_limit_mib.reset(token)


def test_pages_of_a_mapped_file_are_not_counted(tmp_path):
    size = 64 * MIB
    np.ones(size, np.uint8).tofile(tmp_path / "large")
    before = own_bytes()
    mapped = np.memmap(tmp_path / "large", np.uint8, mode="r")
    assert mapped[:: 2**12].sum() == size // 2**12  # every page was read
    assert own_bytes() - before < size // 2
