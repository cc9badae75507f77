"""A file of version 1: `version_1.sqlite`, a whole run on three classes that the last release to write it recorded."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from database.made import make_program

from alphaloss.database import Database
from alphaloss.errors import InfrastructureError
from alphaloss.losses.shape_card import shape_card
from alphaloss.records import Phase

CONTENT_HASH = "517cf1b82a646400f1f4ee36d9f2efd1099c433613996bb093f8fea69062c82b"
"""As version 1 computed it; the run's `result` event has it too."""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return Path(shutil.copy(Path(__file__).with_name("version_1.sqlite"), tmp_path / "run.sqlite"))


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0]


def check_content(database: Database) -> None:
    """What version 1 stored is there, and every program has the card of its loss at three classes."""
    programs = list(database.programs())
    assert len(programs) == 3
    assert [program.card for program in programs] == [shape_card(program.graph, width=3) for program in programs]
    assert list(database.named_programs()) == ["cross-entropy", "gce"]
    cross_entropy, gce, found = programs
    assert (cross_entropy.card.bounded, gce.card.bounded) == (False, True)
    assert [entry.outcome for entry in database.entries()] == [found]
    assert database.find_program(gce.id) == gce
    [(best, _)] = database.best("tiny", Phase.SEARCH, "full", maximize=True, count=1)
    assert best in programs
    assert database.training_counts() == {Phase.SEARCH: 3, Phase.SELECTION: 6, Phase.VERDICT: 10}
    assert database.integrity() == []
    assert database.content_hash() == CONTENT_HASH == database.events("result")[0].payload["content_hash"]


def test_an_old_file_is_read_with_its_cards_and_not_changed(old):
    before = old.read_bytes()
    with Database.read(old) as database:
        check_content(database)
        with pytest.raises(InfrastructureError, match="readonly"):
            database.event("run_finished", {})
    assert old.read_bytes() == before


def test_opening_an_old_file_for_writing_migrates_it_and_keeps_its_hash(old):
    with Database.open(old) as database:
        check_content(database)
        database.record_program(make_program())
    assert version(old) == 2
    with Database.open(old) as database:
        *_, added = database.programs()
        assert added == make_program()
        assert database.integrity() == []


def test_a_migration_that_fails_leaves_the_old_file_as_it_was(old):
    with closing(sqlite3.connect(old)) as connection, connection:
        connection.execute("UPDATE programs SET graph = '{}' WHERE name = 'gce'")
    with pytest.raises(InfrastructureError, match="user-defined function raised exception"):
        Database.open(old)
    assert version(old) == 1
    with Database.read(old) as database, closing(sqlite3.connect(old)) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(programs)")]
        assert "shape_card" not in columns
        assert database.training_counts() == {Phase.SEARCH: 3, Phase.SELECTION: 6, Phase.VERDICT: 10}
