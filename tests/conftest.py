from __future__ import annotations

from collections.abc import Iterator

import pytest

from alphaloss.sandbox import Sandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """One hosting process for all tests that only want something traced."""
    with Sandbox() as box:
        yield box
