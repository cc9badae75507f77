"""The file of a run: what survives, what is refused, and who may write."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from database.made import fill, make_program, make_training, record_training

from alphaloss.database import Database
from alphaloss.errors import InfrastructureError, UsageError
from alphaloss.records import (
    Phase,
)


def test_what_was_recorded_is_there_after_opening_again(path):
    with Database.create(path) as db:
        fill(db)
        before = db.content_hash()
    with Database.open(path) as db:
        assert db.content_hash() == before
        record_training(db, make_training(make_program().key, seed=3), place=3)
    with Database.read(path) as db:
        assert db.training_counts() == {Phase.SEARCH: 5}


def test_a_reader_sees_what_a_writer_commits_and_cannot_write(db, path):
    with Database.read(path) as reader:
        db.event("run_started", {})
        assert reader.count_events("run_started") == 1
        with pytest.raises(InfrastructureError, match="readonly"):
            reader.event("run_finished", {})


def test_an_existing_run_is_not_made_again(path):
    with Database.create(path) as db:
        fill(db)
        before = db.content_hash()
    with pytest.raises(UsageError, match=r"exists; expected the name of a new run. Choose another name"):
        Database.create(path)
    with Database.open(path) as db:
        assert db.content_hash() == before


def test_a_draft_that_a_kill_left_behind_does_not_matter(path):
    path.parent.mkdir()
    path.with_suffix(".new").write_bytes(b"half a file")
    with Database.create(path) as db:
        assert db.integrity() == []


def foreign(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE accounts (name)")
    connection.close()


def other_version(path: Path) -> None:
    Database.create(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 5")
    connection.close()


def truncated(path: Path) -> None:
    with Database.create(path) as db:
        fill(db)
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: None, "there is no file"),
        (lambda path: path.mkdir(), "there is no file"),
        (lambda path: path.write_bytes(b""), "is not a run; .* received a database of another program"),
        (lambda path: path.write_text("name,score\n" * 200), "cannot be read; .* received: file is not a database"),
        (foreign, "is not a run; .* received a database of another program"),
        (other_version, "is of another version; .* received version 5"),
        (truncated, "cannot be read; .* received: database disk image is malformed"),
    ],
    ids=["missing", "folder", "empty", "text", "foreign", "other version", "truncated"],
)
@pytest.mark.parametrize("opened", [Database.open, Database.read])
def test_a_file_that_is_not_a_database_of_this_version_is_refused_and_not_changed(path, opened, make, sentence):
    path.parent.mkdir()
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(UsageError, match=f"{sentence}.*") as refusal:
        opened(path)
    assert "expected an alphaloss database of version 1 to 4" in str(refusal.value)
    assert (path.read_bytes() if path.is_file() else None) == before


def test_integrity_finds_a_damaged_page(path):
    with Database.create(path) as db:
        for number in range(200):
            db.record_program(make_program(float(number)))
        assert db.integrity() == []
    pages = bytearray(path.read_bytes())
    middle = len(pages) // 2 // 4096 * 4096
    pages[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(pages)
    with Database.read(path) as db:
        assert db.integrity()
        with pytest.raises(InfrastructureError, match=r"malformed.*Run `alphaloss doctor`"):
            list(db.programs())


def test_a_full_disk_is_said_and_what_was_committed_is_kept(db, path):
    fill(db)
    before = db.content_hash()
    db._db.execute("PRAGMA max_page_count = 1")  # SQLite then grows the file no more, as on a full disk
    with pytest.raises(InfrastructureError, match=r"full. What was recorded before is kept. Free some space"):
        db.record_program(make_program(3.0, source="#" * 100_000))
    db._db.execute("PRAGMA max_page_count = 1000000")
    assert db.content_hash() == before
    assert db.integrity() == []
    db.record_program(make_program(3.0))
    with Database.read(path) as reader:
        assert len(list(reader.programs())) == 3


# One writer

OWNER = """
import subprocess, sys
from pathlib import Path
from alphaloss import records  # its `TestResult`, under its own name, looks like a test case to pytest
from alphaloss.database import Database
database = Database.open(Path(sys.argv[1]))
worker = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"])
database.event("run_started", {})
print(worker.pid, flush=True)
worker.wait()
"""


@pytest.fixture
def owner(path: Path):
    """A second process that writes to the run. It says the pid of its worker, which lives until `stdin` is closed."""
    Database.create(path).close()
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        yield process
        process.kill()


def test_a_second_writer_is_refused_with_the_owners_pid_and_host(owner, path):
    assert owner.stdout.readline()
    for opened in (Database.open, Database.create):
        with pytest.raises(UsageError, match=f"pid {owner.pid} on host {os.uname().nodename}; expected none"):
            opened(path)
    with Database.read(path) as reader:
        assert reader.count_events("run_started") == 1


def test_a_killed_owner_leaves_its_records_and_no_lock_while_its_worker_lives_on(owner, path):
    worker = int(owner.stdout.readline())
    owner.kill()
    owner.wait()
    with Database.open(path) as db:
        os.kill(worker, 0)  # raises if the worker is gone
        assert db.count_events("run_started") == 1
        assert db.integrity() == []


def test_a_closed_run_can_be_opened_again(path):
    first = Database.create(path)
    with pytest.raises(UsageError, match=f"pid {os.getpid()} "):
        Database.open(path)
    first.close()
    Database.open(path).close()
