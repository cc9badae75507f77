"""Files of earlier versions, each a whole run on three classes that the last release to write that version recorded."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from database.made import make_program, make_training, record_training

from alphaloss.database import Database
from alphaloss.errors import InfrastructureError
from alphaloss.losses.shape_card import shape_card
from alphaloss.records import Phase

CONTENT_HASHES = {
    1: "517cf1b82a646400f1f4ee36d9f2efd1099c433613996bb093f8fea69062c82b",
    2: "11b68d1a58443c7e99f42793cb74cef3b4c25789a36a0b1777cb031882ac22dc",
    3: "b2afef5ea7f198335b529305c86113776238eb79ce5e3944462c85c698dce70e",
}
"""As the version computed it; the run's `result` event has it too."""

TRAININGS = {
    1: {Phase.SEARCH: 3, Phase.SELECTION: 6, Phase.VERDICT: 10},
    2: {Phase.SEARCH: 3, Phase.SELECTION: 8, Phase.VERDICT: 8},
    3: {Phase.SEARCH: 3, Phase.SELECTION: 8, Phase.VERDICT: 8},
}

Copy = Callable[[int], Path]


@pytest.fixture
def old(tmp_path: Path) -> Copy:
    """A copy of the file of a version."""

    def copy(version: int) -> Path:
        return Path(shutil.copy(Path(__file__).with_name(f"version_{version}.sqlite"), tmp_path / "run.sqlite"))

    return copy


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0]


def check_content(database: Database, version: int) -> None:
    """What was stored is there, and the rest is what follows from it, or unknown."""
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
    assert database.training_counts() == TRAININGS[version]
    tested = database.evaluations("tiny", Phase.VERDICT, "full", measure="test")
    known = [(bool(t.metrics), t.loss is not None, bool(t.test.metrics)) for e in tested for t in e.trainings]
    assert set(known) == {(version > 2,) * 3}
    assert list(database.exchanges()) == []
    assert database.integrity() == []
    assert database.content_hash() == CONTENT_HASHES[version] == database.events("result")[0].payload["content_hash"]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_an_old_file_is_read_as_if_it_had_been_migrated_and_not_changed(old: Copy, number: int):
    path = old(number)
    before = path.read_bytes()
    with Database.read(path) as database:
        check_content(database, number)
        with pytest.raises(InfrastructureError, match="readonly"):
            database.event("run_finished", {})
    assert path.read_bytes() == before


@pytest.mark.parametrize("number", [1, 2, 3])
def test_opening_an_old_file_for_writing_migrates_it_and_keeps_its_hash(old: Copy, number: int):
    path, program = old(number), make_program()
    training = make_training(program.key).model_copy(update={"metrics": {"nll": 0.25}, "loss": 0.125})
    with Database.open(path) as database:
        check_content(database, number)
        database.record_program(program)
        record_training(database, training)
    assert version(path) == 4
    with Database.open(path) as database:
        *_, added = database.programs()
        assert added == program
        [evaluation] = database.evaluations("digits-noisy", Phase.SEARCH, "full")
        assert evaluation.trainings == (training,)
        assert database.integrity() == []


def test_a_migration_that_fails_leaves_the_old_file_as_it_was(old: Copy):
    path = old(1)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE programs SET graph = '{}' WHERE name = 'gce'")
    with pytest.raises(InfrastructureError, match="user-defined function raised exception"):
        Database.open(path)
    assert version(path) == 1
    with Database.read(path) as database, closing(sqlite3.connect(path)) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(programs)")]
        assert "shape_card" not in columns
        assert database.training_counts() == TRAININGS[1]
