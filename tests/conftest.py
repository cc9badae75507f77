from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from alphaloss.sandbox import Sandbox

# The same examples on every machine; `--hypothesis-profile=explore` looks for new ones.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("explore", max_examples=2_000, deadline=None)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """One hosting process for all tests that only want something traced."""
    with Sandbox() as box:
        yield box
