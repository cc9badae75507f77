"""One hosting process for all tests of the sandbox."""

from collections.abc import Iterator

import pytest

from alphaloss.sandbox import Sandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as shared:
        yield shared
