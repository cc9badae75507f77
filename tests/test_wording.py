"""Numbers that reports share."""

from __future__ import annotations

import pytest

from alphaloss.wording import number


@pytest.mark.parametrize(
    ("value", "sign", "written"),
    [
        (0.94213, "", "0.9421"),
        (2900.12345, "+", "+2900.1235"),
        (0.00012345, "", "0.00012"),  # four decimals would leave one digit
        (-1.23e-7, "+", "-1.2e-07"),
        (0.0, "", "0.0000"),
        (-9.3e-18, "", "0.0000"),  # a mean of differences that cancel
        (-9.3e-18, "+", "+0.0000"),
    ],
)
def test_a_number_keeps_two_digits_whatever_its_scale(value, sign, written):
    assert number(value, sign=sign) == written
