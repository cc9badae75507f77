from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from alphaloss.database import Database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "run.sqlite"


@pytest.fixture
def db(path: Path) -> Iterator[Database]:
    with Database.create(path) as database:
        yield database
